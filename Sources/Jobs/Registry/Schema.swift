/// The registry's form in SQLite. The names of tables and columns appear here and in the `Row` files only.
///
/// Invariants, all kept by the database itself, whichever process writes:
/// - A job is born `pending` or `queued`, and `reason` is null exactly while it lives.
/// - A row with a reason never changes (`jobs_ended`), and one without is never deleted (`jobs_live`).
/// - Each step of a job makes one event, in the same transaction (the `AFTER` triggers): nobody else writes events.
/// - A job has at most one event with a reason (`events_one_end`), and events never change.
/// - A decision is asked once and settled once (`decisions_settled`); the end of its run withdraws it unless it was parked.
/// - Events of a run as a whole (`todo`, `phase`, those of decisions without a job) have the job 0 and an empty `job_id`.
/// - `worktrees` holds what git worktrees jobs have; it may change after their end, and what is not settled stays when
///   they are forgotten.
/// - `long_logs` names the ended jobs whose log may still be uncompressed although it is long.
/// - `events.sequence` grows by one from event to event: a transaction that is rolled back gives its numbers back.
///   Old events are deleted from the lower end only, so what is there is always one unbroken range.
enum Schema {
  /// Marks the file as ours (`PRAGMA application_id`).
  static let applicationID: Int32 = 0x6167_7363

  /// What brings a registry from each version to the next. Never edit a step that was released: add one.
  static let steps: [String] = [version1, version2, version3, version4, version5, version6]

  /// The version that this program knows (`PRAGMA user_version`).
  static var version: Int { steps.count }

  private static func words<Word: RawRepresentable<String>>(_ words: [Word]) -> String {
    words.map { "'\($0.rawValue)'" }.joined(separator: ", ")
  }

  private static var legalEnds: String {
    JobStatus.allCases.flatMap { status in
      JobReason.allCases.filter(status.legalReasons.contains).map { "('\(status.rawValue)', '\($0.rawValue)')" }
    }.joined(separator: ", ")
  }

  private static var version1: String {
    """
    CREATE TABLE runs (
      id TEXT NOT NULL PRIMARY KEY CHECK (id GLOB 'r-??????' AND id NOT GLOB '*[^-0-9a-z]*'),
      script TEXT,
      arguments TEXT NOT NULL,
      cwd TEXT NOT NULL,
      started_at INTEGER NOT NULL,
      ended_at INTEGER,
      status TEXT NOT NULL CHECK (status IN (\(words(RunStatus.allCases)))),
      exit_code INTEGER,
      owner_pid INTEGER NOT NULL,
      owner_started INTEGER NOT NULL,
      owner_boot TEXT NOT NULL,
      CHECK ((status = 'running') = (ended_at IS NULL))
    ) STRICT;
    CREATE INDEX runs_running ON runs (id) WHERE status = 'running';

    CREATE TABLE legal_ends (
      status TEXT NOT NULL,
      reason TEXT NOT NULL,
      PRIMARY KEY (status, reason)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO legal_ends VALUES \(legalEnds);

    CREATE TABLE jobs (
      key INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE CHECK (
        length(id) BETWEEN 1 AND 128 AND id GLOB '[0-9A-Za-z]*' AND id NOT GLOB '*[^-0-9A-Za-z._]*'),
      run TEXT NOT NULL REFERENCES runs (id),
      kind TEXT NOT NULL CHECK (kind IN (\(words(JobKind.allCases)))),
      name TEXT,
      description TEXT,
      agent TEXT,
      command TEXT,
      cwd TEXT,
      env_names TEXT NOT NULL,
      max_attempts INTEGER NOT NULL CHECK (max_attempts >= 1),
      parent TEXT,
      job_group TEXT,
      dependencies TEXT NOT NULL,
      origin TEXT,
      labels TEXT NOT NULL,
      output_file TEXT,
      model TEXT,
      created_at INTEGER NOT NULL,
      changed_at INTEGER NOT NULL,
      status TEXT NOT NULL CHECK (status IN (\(words(JobStatus.allCases)))),
      reason TEXT,
      error TEXT,
      exit_code INTEGER,
      signal INTEGER,
      pid INTEGER,
      pid_started INTEGER,
      attempts INTEGER NOT NULL CHECK (attempts >= 0),
      queued_at INTEGER,
      started_at INTEGER,
      completed_at INTEGER,
      duration_ms INTEGER,
      output_start INTEGER,
      output_end INTEGER,
      output_bytes INTEGER,
      data TEXT,
      progress REAL CHECK (progress BETWEEN 0 AND 1),
      progress_text TEXT,
      leaked INTEGER NOT NULL,
      cancelled_by TEXT,
      cancel_reason TEXT,
      usage TEXT,
      FOREIGN KEY (status, reason) REFERENCES legal_ends (status, reason),
      CHECK ((reason IS NULL) = (status IN ('pending', 'queued', 'running', 'waiting'))),
      CHECK ((reason IS NULL) = (completed_at IS NULL))
    ) STRICT;
    CREATE INDEX jobs_run ON jobs (run);
    CREATE INDEX jobs_live_run ON jobs (run) WHERE reason IS NULL;

    CREATE TABLE cancel_requests (
      job INTEGER NOT NULL PRIMARY KEY REFERENCES jobs (key) ON DELETE CASCADE,
      at INTEGER NOT NULL,
      asked_by TEXT NOT NULL,
      why TEXT NOT NULL
    ) STRICT;

    CREATE TABLE events (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      job INTEGER NOT NULL,
      job_id TEXT NOT NULL,
      run TEXT NOT NULL,
      at INTEGER NOT NULL,
      kind TEXT NOT NULL,
      status TEXT NOT NULL,
      reason TEXT,
      attempt INTEGER NOT NULL,
      pid INTEGER,
      progress REAL,
      text TEXT
    ) STRICT;
    CREATE INDEX events_job ON events (job);
    CREATE UNIQUE INDEX events_one_end ON events (job) WHERE reason IS NOT NULL;

    CREATE TRIGGER jobs_born BEFORE INSERT ON jobs WHEN NEW.status NOT IN ('pending', 'queued') BEGIN
      SELECT RAISE(ABORT, 'a job begins as pending or queued');
    END;
    CREATE TRIGGER jobs_ended BEFORE UPDATE ON jobs WHEN OLD.reason IS NOT NULL BEGIN
      SELECT RAISE(ABORT, 'an ended job does not change');
    END;
    CREATE TRIGGER jobs_live BEFORE DELETE ON jobs WHEN OLD.reason IS NULL BEGIN
      SELECT RAISE(ABORT, 'a live job is not deleted');
    END;
    CREATE TRIGGER jobs_submitted AFTER INSERT ON jobs BEGIN
      INSERT INTO events (job, job_id, run, at, kind, status, attempt)
      VALUES (NEW.key, NEW.id, NEW.run, NEW.changed_at, 'status', NEW.status, 0);
    END;
    CREATE TRIGGER jobs_stepped AFTER UPDATE OF status, attempts ON jobs
    WHEN NEW.status <> OLD.status OR NEW.attempts <> OLD.attempts BEGIN
      INSERT INTO events (job, job_id, run, at, kind, status, reason, attempt, pid, text)
      VALUES (NEW.key, NEW.id, NEW.run, NEW.changed_at, 'status', NEW.status, NEW.reason, NEW.attempts, NEW.pid,
        NEW.error);
    END;
    CREATE TRIGGER jobs_progressed AFTER UPDATE OF progress, progress_text ON jobs
    WHEN NEW.progress IS NOT OLD.progress OR NEW.progress_text IS NOT OLD.progress_text BEGIN
      INSERT INTO events (job, job_id, run, at, kind, status, attempt, progress, text)
      VALUES (NEW.key, NEW.id, NEW.run, NEW.changed_at, 'progress', NEW.status, NEW.attempts, NEW.progress,
        NEW.progress_text);
    END;
    CREATE TRIGGER jobs_uncancelled AFTER UPDATE OF reason ON jobs WHEN NEW.reason IS NOT NULL BEGIN
      DELETE FROM cancel_requests WHERE job = NEW.key;
    END;
    CREATE TRIGGER cancel_requested AFTER INSERT ON cancel_requests BEGIN
      INSERT INTO events (job, job_id, run, at, kind, status, attempt, text)
      SELECT key, id, run, NEW.at, 'cancel_requested', status, attempts, NEW.why FROM jobs WHERE key = NEW.job;
    END;
    CREATE TRIGGER events_fixed BEFORE UPDATE ON events BEGIN
      SELECT RAISE(ABORT, 'an event does not change');
    END;
    CREATE TRIGGER runs_ended BEFORE UPDATE ON runs WHEN OLD.status <> 'running' BEGIN
      SELECT RAISE(ABORT, 'an ended run does not change');
    END;
    """
  }

  private static let version3 = """
    ALTER TABLE cancel_requests ADD COLUMN keep_children INTEGER NOT NULL DEFAULT 0 CHECK (keep_children IN (0, 1));
    """

  /// To ask all jobs, or all their files, whether something is left to compress would take longer each day.
  private static var version2: String {
    """
    CREATE TABLE long_logs (job INTEGER NOT NULL PRIMARY KEY REFERENCES jobs (key) ON DELETE CASCADE) STRICT;
    CREATE TRIGGER jobs_said_much AFTER UPDATE OF reason ON jobs
    WHEN NEW.reason IS NOT NULL AND NEW.output_end > \(LogCompressor.threshold) BEGIN
      INSERT INTO long_logs (job) VALUES (NEW.key);
    END;
    INSERT INTO long_logs SELECT key FROM jobs WHERE reason IS NOT NULL AND output_end > \(LogCompressor.threshold);
    """
  }
}
