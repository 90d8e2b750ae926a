import Dispatch
import GRDB
import Synchronization

/// Some changes that succeed or fail together, and who wants to hear of it; nobody does if `completion` is nil.
struct WriteRequest: Sendable {
  let changes: [JobChange]
  let completion: (@Sendable (Result<Void, RegistryError>) -> Void)?
}

/// The one writer of this process: it takes everything that is queued into one transaction (group commit).
///
/// Requests are applied in the order in which they came. One that breaks a rule fails alone; one that meets a full or
/// failing disk fails with all others of its transaction. Completions run on the writer's thread, after the commit.
final class RegistryWriter: Sendable {
  private struct Queue {
    var requests: [WriteRequest] = []
    /// Changes that nobody waits for and that the disk did not take: they go first in the next transaction.
    var unsaved: [WriteRequest] = []
    /// The thread is at work, or about to be, and will see what is appended.
    var isDraining = false
    var isWakeUpSet = false
    var isClosed = false
  }

  /// How long a change may lie that nobody waits for. It spares short jobs a transaction.
  private static let noteDelay = DispatchTimeInterval.milliseconds(10)
  /// A transaction of more would make the first wait long for the last.
  private static let longestBatch = 512

  private let path: String
  private let connection: DatabaseQueue
  private let queue = Mutex(Queue())
  private let view = Mutex<StateView?>(nil)
  private let thread = DispatchQueue(label: "agentscript.registry.writer", qos: .userInitiated)

  init(path: String, connection: DatabaseQueue) {
    self.path = path
    self.connection = connection
  }

  var isClosed: Bool { queue.withLock { $0.isClosed } }

  /// Queues changes that somebody waits for.
  func submit(_ request: WriteRequest) {
    let (isClosed, mustStart) = queue.withLock { queue in
      if queue.isClosed { return (true, false) }
      queue.requests.append(request)
      defer { queue.isDraining = true }
      return (false, !queue.isDraining)
    }
    if isClosed { request.completion?(.failure(RegistryError(.closed, context: path))) }
    if mustStart { thread.async { self.drain() } }
  }

  /// Queues changes that nobody waits for: they ride on the next transaction, or get one of their own soon.
  func note(_ changes: [JobChange]) {
    let mustWake = queue.withLock { queue in
      if queue.isClosed { return false }
      queue.requests += changes.map { WriteRequest(changes: [$0], completion: nil) }
      if queue.isDraining || queue.isWakeUpSet { return false }
      queue.isWakeUpSet = true
      return true
    }
    if mustWake { thread.asyncAfter(deadline: .now() + RegistryWriter.noteDelay) { self.wakeUp() } }
  }

  /// Tells a view of each transaction from now on.
  func keep(_ new: StateView) {
    view.withLock { $0 = new }
    new.note()
  }

  /// Brings the view to the present state, and lets go of it.
  func settleView() {
    let last = view.withLock { $0.take() }
    last?.flush()
  }

  /// Runs a transaction of the caller's on the caller's thread.
  func transaction<Value>(_ body: (Database) throws -> Value) throws(RegistryError) -> Value {
    if isClosed { throw RegistryError(.closed, context: path) }
    return try perform(body)
  }

  /// Runs a transaction on the writer's thread, behind what is queued there. One that fails is dropped: for what is told
  /// to people and depended on by nobody.
  func later(_ body: @escaping @Sendable (Database) throws -> Void) {
    thread.async {
      guard !self.isClosed, (try? self.perform(body)) != nil else { return }
      self.view.withLock { $0 }?.note()
    }
  }

  /// Tells the view that something changed that no transaction of the queue did.
  func noteView() { view.withLock { $0 }?.note() }

  /// Writes what is queued.
  func flush() { thread.sync { self.drain() } }

  /// Writes what is queued, and closes the connection. Never called on the writer's own thread.
  func close() {
    let wasClosed = queue.withLock { queue in
      defer { queue.isClosed = true }
      return queue.isClosed
    }
    guard !wasClosed else { return }
    thread.sync { self.drain() }
    // A connection that cannot be closed now is closed by the process's end.
    try? connection.close()
  }

  private func wakeUp() {
    let mustDrain = queue.withLock { queue in
      queue.isWakeUpSet = false
      if queue.isDraining { return false }
      queue.isDraining = true
      return true
    }
    if mustDrain { drain() }
  }

  private func drain() {
    while true {
      let batch = queue.withLock { queue -> [WriteRequest] in
        guard !queue.requests.isEmpty else {
          queue.isDraining = false
          return []
        }
        let new = queue.requests.prefix(RegistryWriter.longestBatch)
        queue.requests.removeFirst(new.count)
        defer { queue.unsaved = [] }
        return queue.unsaved + new
      }
      if batch.isEmpty { return }
      let results = apply(batch)
      keepUnsaved(batch, results)
      if batch.contains(where: { $0.changes.contains { $0.kind != .progress } }) { view.withLock { $0 }?.note() }
      for (request, result) in zip(batch, results) { request.completion?(result) }
    }
  }

  private func keepUnsaved(_ batch: [WriteRequest], _ results: [Result<Void, RegistryError>]) {
    let unsaved = zip(batch, results).filter { request, result in
      guard request.completion == nil, case .failure(let error) = result else { return false }
      return error.mayPass
    }
    if unsaved.isEmpty { return }
    // Each record holds all that was known before it, so of each job the latest is enough.
    var latest: [JobID: WriteRequest] = [:]
    for (request, _) in unsaved { for change in request.changes { latest[change.record.id] = request } }
    queue.withLock { $0.unsaved = Array(latest.values) }
  }

  private func apply(_ batch: [WriteRequest]) -> [Result<Void, RegistryError>] {
    let superseded = JobChange.supersededProgress(in: batch.flatMap(\.changes))
    do throws(RegistryError) {
      return try perform { database in
        var position = 0
        return try batch.map { request in
          defer { position += request.changes.count }
          let wanted = request.changes.enumerated().filter { !superseded.contains(position + $0.offset) }.map(\.element)
          return try ChangeSet(wanted).apply(to: database, path: path)
        }
      }
    } catch {
      return batch.map { _ in .failure(error) }
    }
  }

  private func perform<Value>(_ body: (Database) throws -> Value) throws(RegistryError) -> Value {
    try RegistryError.wrapping(path) {
      try connection.writeWithoutTransaction { database in
        var value: Value?
        try database.inTransaction(.immediate) {
          value = try body(database)
          return .commit
        }
        guard let value else { preconditionFailure("a transaction that committed has run its body") }
        return value
      }
    }
  }
}

extension RegistryError {
  /// Whether the same request may succeed later.
  var mayPass: Bool {
    switch code {
    case .diskFull, .inputOutput, .busy, .notWritable: true
    default: false
    }
  }
}
