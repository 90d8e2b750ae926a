internal import Synchronization

/// What other threads ask of the transport's thread: many senders, one receiver, one ring of the bell a batch.
final class TransportInbox: Sendable {
  enum Command: Sendable {
    case start(Transfer)
    /// The reader has room again.
    case goOn(UInt64)
    /// Nobody wants the rest.
    case stop(UInt64)
    /// Stop everything and end the thread.
    case close
  }

  private struct State {
    var commands: [Command] = []
    var isClosed = false
  }

  let bell: Bell
  private let state = Mutex(State())

  init(_ bell: Bell) { self.bell = bell }

  /// False if the thread has ended, or is about to.
  @discardableResult
  func post(_ command: Command) -> Bool {
    let (isTaken, isFirst) = state.withLock { state in
      if state.isClosed { return (false, false) }
      state.commands.append(command)
      if case .close = command { state.isClosed = true }
      return (true, state.commands.count == 1)
    }
    if isFirst { bell.ring() }
    return isTaken
  }

  /// Takes nothing more, and ends what was to be started.
  func close() {
    let left = state.withLock { state in
      state.isClosed = true
      let left = state.commands
      state.commands = []
      return left
    }
    for case .start(let transfer) in left {
      transfer.end(
        .failed(HTTPError(.cancelled, host: transfer.order.target.place, detail: "the transport was closed")))
    }
  }

  func take() -> [Command] {
    state.withLock { state in
      let taken = state.commands
      state.commands = []
      return taken
    }
  }
}
