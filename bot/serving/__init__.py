"""What every face answers from: open indexes, the queue of questions, builds; knows no face."""
