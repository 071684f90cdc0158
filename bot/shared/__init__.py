"""What builders, answering nodes and those who ask for builds share: jobs, and parts in storage."""
