internal import Synchronization

/// A value that comes later, once. Any number of tasks may wait for it, and each may give up.
final class MCPPromise<Value: Sendable>: Sendable {
  private struct State {
    var result: Result<Value, MCPError>?
    var waiting: [Int: CheckedContinuation<Result<Value, MCPError>, Never>] = [:]
    var lastTicket = 0
    var givenUp: Set<Int> = []
  }

  private let state = Mutex(State())

  /// Gives the value; only the first one counts.
  func fulfil(_ result: Result<Value, MCPError>) {
    let waiting = state.withLock { state -> [CheckedContinuation<Result<Value, MCPError>, Never>] in
      guard state.result == nil else { return [] }
      state.result = result
      defer { state.waiting = [:] }
      return Array(state.waiting.values)
    }
    for continuation in waiting { continuation.resume(returning: result) }
  }

  /// Waits for the value. Throws `cancelled` when the calling task is cancelled.
  func value() async throws(MCPError) -> Value {
    let ticket = state.withLock { state in
      state.lastTicket += 1
      return state.lastTicket
    }
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let early = state.withLock { state -> Result<Value, MCPError>? in
          if let result = state.result { return result }
          if state.givenUp.remove(ticket) != nil { return MCPPromise.cancelled }
          state.waiting[ticket] = continuation
          return nil
        }
        if let early { continuation.resume(returning: early) }
      }
    } onCancel: {
      let continuation = state.withLock { state -> CheckedContinuation<Result<Value, MCPError>, Never>? in
        if let continuation = state.waiting.removeValue(forKey: ticket) { return continuation }
        if state.result == nil { state.givenUp.insert(ticket) }
        return nil
      }
      continuation?.resume(returning: MCPPromise.cancelled)
    }
    return try result.get()
  }

  private static var cancelled: Result<Value, MCPError> { .failure(MCPError(.cancelled, "the call was cancelled")) }
}
