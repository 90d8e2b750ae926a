extension Schema {
  /// What tells that a job does the same work as an earlier one: its name and its command, as expressions of SQL. Of a
  /// long command the beginning and the length are enough.
  static func identity(name: String, command: String) -> String {
    """
    coalesce(\(name), '') || char(10) || coalesce(substr(\(command), 1, 300) || char(10) || length(\(command)), '')
    """
  }

  /// Shorter jobs are not remembered: they cost no time to plan, and many of them would cost some to record.
  static let shortestRemembered = 50

  private static let steering = """
    ALTER TABLE jobs ADD COLUMN phase TEXT;
    ALTER TABLE jobs ADD COLUMN topic TEXT;
    ALTER TABLE jobs ADD COLUMN priority REAL;
    ALTER TABLE jobs ADD COLUMN timeout_ms INTEGER;
    ALTER TABLE jobs ADD COLUMN history TEXT;
    ALTER TABLE jobs ADD COLUMN hedged TEXT CHECK (hedged IN ('won', 'lost'));
    ALTER TABLE jobs ADD COLUMN speculative INTEGER NOT NULL DEFAULT 0 CHECK (speculative IN (0, 1));
    INSERT OR IGNORE INTO legal_ends VALUES ('skipped', 'condition');
    """

  /// The mean follows a change within a few runs: each counts for a quarter at least.
  private static let durations = """
    CREATE TABLE durations (
      task TEXT NOT NULL PRIMARY KEY,
      mean_ms REAL NOT NULL,
      runs INTEGER NOT NULL,
      seen_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER jobs_timed AFTER UPDATE OF reason ON jobs
    WHEN NEW.reason = 'ok' AND NEW.duration_ms >= \(shortestRemembered)
      AND (NEW.name IS NOT NULL OR NEW.command IS NOT NULL) BEGIN
      INSERT INTO durations (task, mean_ms, runs, seen_at)
      VALUES (\(identity(name: "NEW.name", command: "NEW.command")), NEW.duration_ms, 1, NEW.completed_at)
      ON CONFLICT (task) DO UPDATE SET
        mean_ms = mean_ms + (excluded.mean_ms - mean_ms) * max(0.25, 1.0 / (runs + 1)),
        runs = runs + 1, seen_at = excluded.seen_at;
    END;
    """

  private static let notes = """
    CREATE TABLE todos (
      run TEXT NOT NULL PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
      at INTEGER NOT NULL,
      items TEXT NOT NULL
    ) STRICT;
    CREATE TRIGGER todos_made AFTER INSERT ON todos BEGIN
      INSERT INTO events (job, job_id, run, at, kind, status, attempt, text)
      VALUES (0, '', NEW.run, NEW.at, 'todo', 'running', 0, NEW.items);
    END;
    CREATE TRIGGER todos_changed AFTER UPDATE ON todos BEGIN
      INSERT INTO events (job, job_id, run, at, kind, status, attempt, text)
      VALUES (0, '', NEW.run, NEW.at, 'todo', 'running', 0, NEW.items);
    END;

    CREATE TABLE phases (
      run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      number INTEGER NOT NULL,
      name TEXT NOT NULL,
      at INTEGER NOT NULL,
      PRIMARY KEY (run, number),
      UNIQUE (run, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER phases_begun AFTER INSERT ON phases BEGIN
      INSERT INTO events (job, job_id, run, at, kind, status, attempt, text)
      VALUES (0, '', NEW.run, NEW.at, 'phase', 'running', 0, NEW.name);
    END;
    """

  private static let decisions = """
    CREATE TABLE decisions (
      key INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE CHECK (id GLOB 'd-??????' AND id NOT GLOB '*[^-0-9a-z]*'),
      run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      job TEXT,
      origin TEXT,
      question TEXT NOT NULL,
      options TEXT NOT NULL,
      default_answer TEXT,
      blocking TEXT NOT NULL,
      asked_at INTEGER NOT NULL,
      due_at INTEGER,
      is_parked INTEGER NOT NULL DEFAULT 0 CHECK (is_parked IN (0, 1)),
      status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'answered', 'default', 'withdrawn')),
      answered_at INTEGER,
      answer TEXT,
      answered_by TEXT,
      CHECK ((status = 'open') = (answered_at IS NULL)),
      CHECK ((status IN ('answered', 'default')) = (answer IS NOT NULL))
    ) STRICT;
    CREATE INDEX decisions_open ON decisions (run) WHERE answered_at IS NULL;
    CREATE TRIGGER decisions_settled BEFORE UPDATE ON decisions WHEN OLD.answered_at IS NOT NULL BEGIN
      SELECT RAISE(ABORT, 'a settled decision does not change');
    END;
    CREATE TRIGGER decisions_asked AFTER INSERT ON decisions BEGIN
      INSERT INTO events (job, job_id, run, at, kind, status, attempt, text)
      VALUES (0, '', NEW.run, NEW.asked_at, 'asked', 'running', 0, NEW.question);
    END;
    CREATE TRIGGER decisions_over AFTER UPDATE OF answered_at ON decisions WHEN NEW.answered_at IS NOT NULL BEGIN
      INSERT INTO events (job, job_id, run, at, kind, status, attempt, text)
      VALUES (0, '', NEW.run, NEW.answered_at, 'settled', 'running', 0, NEW.answer);
    END;
    CREATE TRIGGER decisions_orphaned AFTER UPDATE OF status ON runs WHEN NEW.status <> 'running' BEGIN
      UPDATE decisions SET status = 'withdrawn', answered_at = NEW.ended_at
      WHERE run = NEW.id AND answered_at IS NULL AND is_parked = 0;
    END;
    """

  /// What a graph that thinks needs to know of its jobs and of earlier runs; what a run tells of itself; what it asks.
  static let version4 = [steering, durations, notes, decisions].joined(separator: "\n")

  /// Where the jobs' worktrees are, and what became of them. Their stages: see `JobWorktree.Stage`.
  static let version5 = """
    CREATE TABLE worktrees (
      job TEXT NOT NULL PRIMARY KEY,
      run TEXT NOT NULL,
      stage TEXT NOT NULL CHECK (stage IN ('open', 'collected', 'settled')),
      record TEXT NOT NULL CHECK (json_valid(record))
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX worktrees_unsettled ON worktrees (run) WHERE stage <> 'settled';
    CREATE TRIGGER jobs_forgotten AFTER DELETE ON jobs BEGIN
      DELETE FROM worktrees WHERE job = OLD.id AND stage = 'settled';
    END;
    CREATE TRIGGER worktrees_settled AFTER UPDATE ON worktrees WHEN NEW.stage = 'settled' AND OLD.stage = 'collected' BEGIN
      INSERT INTO events (job, job_id, run, at, kind, status, attempt, text)
      SELECT key, id, run, unixepoch() * 1000, 'worktree', status, attempts, json_extract(NEW.record, '$.note')
      FROM jobs WHERE id = NEW.job;
    END;
    """

  /// For what a job waits; it is told like its steps.
  static let version6 = """
    ALTER TABLE jobs ADD COLUMN wait TEXT CHECK (wait IS NULL OR json_valid(wait));
    DROP TRIGGER jobs_stepped;
    CREATE TRIGGER jobs_stepped AFTER UPDATE OF status, attempts, wait ON jobs
    WHEN NEW.status <> OLD.status OR NEW.attempts <> OLD.attempts OR NEW.wait IS NOT OLD.wait BEGIN
      INSERT INTO events (job, job_id, run, at, kind, status, reason, attempt, pid, text)
      VALUES (NEW.key, NEW.id, NEW.run, NEW.changed_at, 'status', NEW.status, NEW.reason, NEW.attempts, NEW.pid,
        coalesce(NEW.error, json_extract(NEW.wait, '$.text')));
    END;
    """
}
