import FoundationEssentials
import GRDB
import WireText

/// A job's record as a row of the registry.
enum JobRow {
  /// Set when the job is submitted, and never again.
  private static let fixedColumns = [
    "id", "run", "kind", "name", "description", "command", "cwd", "env_names", "max_attempts", "parent",
    "job_group", "dependencies", "origin", "labels", "output_file", "created_at",
    "phase", "topic", "priority", "speculative", "timeout_ms",
  ]

  /// What the state machine may change.
  private static let changingColumns = [
    "status", "reason", "error", "exit_code", "signal", "pid", "pid_started", "attempts", "queued_at", "started_at",
    "completed_at", "duration_ms", "output_start", "output_end", "output_bytes", "data", "progress", "progress_text",
    "leaked", "cancelled_by", "cancel_reason", "usage", "history", "hedged",
    "agent", "model", "wait",
  ]

  /// The columns that `record(from:)` expects, in its order.
  private static let selection =
    (fixedColumns + changingColumns).joined(separator: ", ")
    + ", (SELECT worktrees.record FROM worktrees WHERE worktrees.job = jobs.id)"

  static let insert: String = {
    let columns = fixedColumns + changingColumns + ["changed_at"]
    let marks = columns.map { _ in "?" }.joined(separator: ", ")
    return "INSERT INTO jobs (\(columns.joined(separator: ", "))) VALUES (\(marks))"
  }()

  static let update: String = {
    let settings = (changingColumns + ["changed_at"]).map { "\($0) = ?" }.joined(separator: ", ")
    return "UPDATE jobs SET \(settings) WHERE id = ?"
  }()

  static func insertArguments(_ record: JobRecord, at time: Timestamp) -> StatementArguments {
    StatementArguments(fixedValues(record) + changingValues(record) + [time.milliseconds.databaseValue])
  }

  static func updateArguments(_ record: JobRecord, at time: Timestamp) -> StatementArguments {
    StatementArguments(
      changingValues(record) + [time.milliseconds.databaseValue, record.id.rawValue.databaseValue])
  }

  private static func fixedValues(_ record: JobRecord) -> [DatabaseValue] {
    [
      record.id.rawValue.databaseValue, record.run.rawValue.databaseValue, record.kind.rawValue.databaseValue,
      text(record.name), text(record.description), text(record.command), text(record.cwd),
      json(record.envNames), record.maxAttempts.databaseValue, text(record.parent?.rawValue), text(record.group),
      json(record.dependencies.map(\.rawValue)), text(record.origin), json(record.labels), text(record.outputFile),
      record.createdAt.milliseconds.databaseValue, text(record.phase), text(record.topic),
      value(record.priority), record.speculative.databaseValue, value(record.timeoutMs),
    ]
  }

  private static func changingValues(_ record: JobRecord) -> [DatabaseValue] {
    [
      record.status.rawValue.databaseValue, text(record.reason?.rawValue), text(record.error), value(record.exitCode),
      value(record.signal), value(record.pid), value(record.pidStarted.map { Int64(bitPattern: $0) }),
      record.attempts.databaseValue, value(record.queuedAt?.milliseconds), value(record.startedAt?.milliseconds),
      value(record.completedAt?.milliseconds), value(record.durationMs), value(record.outputStart),
      value(record.outputEnd), value(record.outputBytes), text(record.data?.text), value(record.progress),
      text(record.progressText), record.leaked.databaseValue, text(record.cancelledBy), text(record.cancelReason),
      text(record.usage.map(json)), text(record.history.isEmpty ? nil : json(record.history)),
      text(record.hedged?.rawValue), text(record.agent), text(record.model), text(record.wait.map(json)),
    ]
  }

  static func fetch(_ database: Database, where condition: String, _ arguments: StatementArguments) throws
    -> [JobRecord]
  {
    let sql = "SELECT \(selection) FROM jobs WHERE \(condition)"
    return try Array(Row.fetchCursor(database, sql: sql, arguments: arguments).map(record))
  }

  static func record(from row: Row) -> JobRecord {
    var columns = RowReader(row)
    var record = JobRecord(
      id: JobID(fromRegistry: columns.next()), run: RunID(fromRegistry: columns.next()), kind: columns.word())
    record.name = columns.next()
    record.description = columns.next()
    record.command = columns.next()
    record.cwd = columns.next()
    record.envNames = columns.json(empty: "[]", [])
    record.maxAttempts = columns.next()
    record.parent = columns.text().map { JobID(fromRegistry: $0) }
    record.group = columns.next()
    record.dependencies = columns.json(empty: "[]", [String]()).map { JobID(fromRegistry: $0) }
    record.origin = columns.next()
    record.labels = columns.json(empty: "{}", [:])
    record.outputFile = columns.next()
    record.createdAt = Timestamp(milliseconds: columns.next())
    record.phase = columns.next()
    record.topic = columns.next()
    record.priority = columns.next()
    record.speculative = columns.next()
    record.timeoutMs = columns.next()
    record.status = columns.word()
    record.reason = columns.text().flatMap { JobReason(rawValue: $0) }
    record.error = columns.next()
    record.exitCode = columns.next()
    record.signal = columns.next()
    record.pid = columns.next()
    record.pidStarted = columns.bits()
    record.attempts = columns.next()
    record.queuedAt = columns.time()
    record.startedAt = columns.time()
    record.completedAt = columns.time()
    record.durationMs = columns.next()
    record.outputStart = columns.next()
    record.outputEnd = columns.next()
    record.outputBytes = columns.next()
    record.data = columns.text().map { JSONText(fromRegistry: $0) }
    record.progress = columns.next()
    record.progressText = columns.next()
    record.leaked = columns.next()
    record.cancelledBy = columns.next()
    record.cancelReason = columns.next()
    record.usage = columns.json(empty: "", nil)
    record.history = columns.json(empty: "", AttemptHistory())
    record.hedged = columns.text().flatMap { HedgeEnd(rawValue: $0) }
    record.agent = columns.next()
    record.model = columns.next()
    record.wait = columns.json(empty: "", nil)
    record.worktree = columns.json(empty: "", nil)
    return record
  }

  // SQLite's text ends at the first NUL when it is read back.
  static func text(_ value: String?) -> DatabaseValue {
    guard let value else { return .null }
    guard value.utf8.contains(0) else { return value.databaseValue }
    let scalars = value.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }
    return String(String.UnicodeScalarView(scalars)).databaseValue
  }

  private static func value(_ value: (some DatabaseValueConvertible)?) -> DatabaseValue {
    value?.databaseValue ?? .null
  }

  static func json(_ values: [String]) -> DatabaseValue {
    if values.isEmpty { return "[]".databaseValue }
    var writer = JSONWriter(isPretty: false)
    writer.array { writer in for value in values { writer.string(value) } }
    return String(decoding: writer.bytes, as: UTF8.self).databaseValue
  }

  private static func json(_ values: [String: String]) -> DatabaseValue {
    if values.isEmpty { return "{}".databaseValue }
    var writer = JSONWriter(isPretty: false)
    writer.object { writer in
      for (key, value) in values.sorted(by: { $0.key < $1.key }) { writer.field(key, value) }
    }
    return String(decoding: writer.bytes, as: UTF8.self).databaseValue
  }

  private static func json(_ history: AttemptHistory) -> String {
    var writer = JSONWriter(isPretty: false)
    history.write(to: &writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private static func json(_ wait: WaitCause) -> String {
    var writer = JSONWriter(isPretty: false)
    wait.write(to: &writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private static func json(_ usage: JobUsage) -> String {
    var writer = JSONWriter(isPretty: false)
    usage.write(to: &writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

/// Takes a row's columns one after the other.
struct RowReader {
  private let row: Row
  private var index = 0

  init(_ row: Row) { self.row = row }

  mutating func next<Value: DatabaseValueConvertible & StatementColumnConvertible>() -> Value {
    defer { index += 1 }
    return row[index]
  }

  mutating func time() -> Timestamp? {
    let milliseconds: Int64? = next()
    return milliseconds.map(Timestamp.init(milliseconds:))
  }

  mutating func text() -> String? { next() }

  /// An unsigned number that SQLite keeps as a signed one.
  mutating func bits() -> UInt64? {
    let bits: Int64? = next()
    return bits.map(UInt64.init(bitPattern:))
  }

  /// A word that a constraint of the schema keeps to the cases of `Word`.
  mutating func word<Word: RawRepresentable<String>>() -> Word {
    let text: String = next()
    guard let word = Word(rawValue: text) else { preconditionFailure("the registry holds the unknown word '\(text)'") }
    return word
  }

  /// JSON that this program wrote; `missing` for null, for `empty` and for what cannot be read.
  mutating func json<Value: Decodable>(empty: String, _ missing: Value) -> Value {
    guard let text = text(), text != empty else { return missing }
    return (try? JSONDecoder().decode(Value.self, from: Data(text.utf8))) ?? missing
  }
}
