"""The tables of `quoth.sqlite`, as the steps that made them."""

# One step a version, in order; a step that was released is never changed.
STEPS = (
    """
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    -- Askers, voters and servers stand here as hashes with this installation's salt.
    CREATE TABLE answers (
        id TEXT PRIMARY KEY,
        created REAL NOT NULL,
        server TEXT,
        asker TEXT NOT NULL,
        generation TEXT NOT NULL,
        answered INTEGER NOT NULL,
        seconds REAL NOT NULL,
        found TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX answers_created ON answers (created);
    CREATE TABLE questions (
        answer_id TEXT PRIMARY KEY,
        created REAL NOT NULL,
        asker TEXT NOT NULL,
        text TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE feedback (
        answer_id TEXT NOT NULL,
        voter TEXT NOT NULL,
        created REAL NOT NULL,
        is_right INTEGER NOT NULL,
        given TEXT,
        expected TEXT,
        question TEXT,
        PRIMARY KEY (answer_id, voter)
    ) WITHOUT ROWID;
    CREATE TABLE channels (
        server_id INTEGER NOT NULL,
        channel_id INTEGER NOT NULL,
        is_allowed INTEGER NOT NULL,
        PRIMARY KEY (server_id, channel_id)
    ) WITHOUT ROWID;
    CREATE TABLE departures (server_id INTEGER PRIMARY KEY, left REAL NOT NULL);
    """,
    """
    -- By hashed id, since a collection of documents has no other name. Those that are lost here are
    -- noted again at the next start.
    DROP TABLE departures;
    CREATE TABLE departures (server TEXT PRIMARY KEY, left REAL NOT NULL) WITHOUT ROWID;
    -- A vote outlives its answer, and goes with its server.
    ALTER TABLE feedback ADD COLUMN server TEXT;
    UPDATE feedback SET server = (SELECT server FROM answers WHERE id = answer_id);
    """,
    """
    -- A question may outlive its answer too.
    ALTER TABLE questions ADD COLUMN server TEXT;
    UPDATE questions SET server = (SELECT server FROM answers WHERE id = answer_id);
    """,
    """
    -- What was set for a server as a whole. One that had allowed a channel answered in no other.
    CREATE TABLE servers (
        server_id INTEGER PRIMARY KEY,
        only_allowed INTEGER NOT NULL DEFAULT 0,
        has_base INTEGER NOT NULL DEFAULT 1
    );
    INSERT INTO servers (server_id, only_allowed)
        SELECT DISTINCT server_id, 1 FROM channels WHERE is_allowed;
    """,
    """
    -- Messages and interactions that somebody waits to see answered, for the next start.
    CREATE TABLE unanswered (
        id INTEGER PRIMARY KEY,
        created REAL NOT NULL,
        channel_id INTEGER NOT NULL,
        kind TEXT NOT NULL,
        token TEXT
    );
    -- What moderators did. Its members stand here as themselves, for other moderators.
    CREATE TABLE audit (
        created REAL NOT NULL,
        server TEXT NOT NULL,
        member_id INTEGER,
        action TEXT NOT NULL,
        subject TEXT NOT NULL
    );
    CREATE INDEX audit_server ON audit (server, created);
    -- How often members may ask, where a role or a channel differs from the rest.
    CREATE TABLE cooldowns (
        server_id INTEGER NOT NULL,
        target_id INTEGER NOT NULL,
        is_role INTEGER NOT NULL,
        questions INTEGER NOT NULL,
        seconds REAL NOT NULL,
        PRIMARY KEY (server_id, target_id)
    ) WITHOUT ROWID;
    """,
    """
    -- Where new posts are answered, and the threads into which a person was asked.
    CREATE TABLE support_channels (
        server_id INTEGER NOT NULL,
        channel_id INTEGER PRIMARY KEY,
        role_id INTEGER
    );
    CREATE TABLE person_calls (server_id INTEGER NOT NULL, thread_id INTEGER PRIMARY KEY);
    """,
    """
    -- What is said against an answer: none if it is right, and wrong before there was a choice.
    ALTER TABLE feedback ADD COLUMN complaint TEXT;
    UPDATE feedback SET complaint = 'wrong' WHERE NOT is_right;
    -- Where a server's weekly digest goes, and whether it was about to be sent.
    CREATE TABLE digests (
        server_id INTEGER PRIMARY KEY,
        channel_id INTEGER NOT NULL,
        due REAL NOT NULL,
        is_begun INTEGER NOT NULL
    );
    """,
    """
    -- By it, the process that hears of a server finds who waits there.
    ALTER TABLE unanswered ADD COLUMN server_id INTEGER;
    """,
    """
    -- Members who had themselves forgotten, by hashed id: nothing is written any more of what they
    -- did until then.
    CREATE TABLE forgotten (member TEXT PRIMARY KEY, noted REAL NOT NULL) WITHOUT ROWID;
    CREATE TRIGGER answers_forgotten BEFORE INSERT ON answers WHEN EXISTS
        (SELECT 1 FROM forgotten WHERE member = NEW.asker AND noted >= NEW.created)
        BEGIN SELECT RAISE(IGNORE); END;
    CREATE TRIGGER questions_forgotten BEFORE INSERT ON questions WHEN EXISTS
        (SELECT 1 FROM forgotten WHERE member = NEW.asker AND noted >= NEW.created)
        BEGIN SELECT RAISE(IGNORE); END;
    CREATE TRIGGER feedback_forgotten BEFORE INSERT ON feedback WHEN EXISTS
        (SELECT 1 FROM forgotten WHERE member = NEW.voter AND noted >= NEW.created)
        BEGIN SELECT RAISE(IGNORE); END;
    """,
    """
    -- Messages that servers were taught; documents are made of them. Those that stood in documents
    -- alone are taken up from there.
    CREATE TABLE taught (
        message_id INTEGER PRIMARY KEY,
        server_id INTEGER NOT NULL,
        channel_id INTEGER NOT NULL,
        server TEXT NOT NULL,
        question TEXT NOT NULL,
        text TEXT NOT NULL,
        written TEXT NOT NULL,
        author TEXT NOT NULL,
        consent TEXT NOT NULL,
        agreed REAL NOT NULL
    );
    CREATE INDEX taught_server ON taught (server);
    CREATE INDEX taught_author ON taught (author);
    CREATE TRIGGER taught_forgotten BEFORE INSERT ON taught WHEN EXISTS
        (SELECT 1 FROM forgotten WHERE member = NEW.author AND noted >= NEW.agreed)
        BEGIN SELECT RAISE(IGNORE); END;
    """,
)
