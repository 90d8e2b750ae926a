internal import Synchronization

/// One exchange between the thread that receives and the task that reads: the shell of `TransferState`.
///
/// Continuations are resumed outside the lock, each once: whoever takes one out of the lock owes it its answer.
final class Transfer: Sendable {
  let number: UInt64
  let order: TransferOrder
  private let inbox: TransportInbox
  private let shared = Mutex(Shared())

  init(number: UInt64, order: TransferOrder, inbox: TransportInbox) {
    self.number = number
    self.order = order
    self.inbox = inbox
  }

  // MARK: The transport's thread

  var isOver: Bool { shared.withLock { $0.state.ending != nil } }

  func deliver(_ head: HTTPHead) {
    let answer = shared.withLock { shared in
      shared.state.deliver(head)
      return shared.headAnswer()
    }
    answer?.give()
  }

  /// False if the bytes were not taken: the transfer is held until a command says that it goes on.
  func deliver(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let (isTaken, answer) = shared.withLock { shared in (shared.state.deliver(bytes), shared.chunkAnswer()) }
    answer?.give()
    return isTaken
  }

  func end(_ ending: TransferState.Ending) {
    let (head, chunk) = shared.withLock { shared in
      _ = shared.state.end(ending)
      return (shared.headAnswer(), shared.chunkAnswer())
    }
    head?.give()
    chunk?.give()
  }

  // MARK: The reader

  /// The head, or why there is none. One task may wait for it.
  func head() async -> Result<HTTPHead, HTTPError> {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let answer = shared.withLock { shared in
          shared.head = continuation
          return shared.headAnswer()
        }
        answer?.give()
      }
    } onCancel: {
      giveUp()
    }
  }

  /// The next piece of the body. One task at a time may wait for it.
  func next(isolation: isolated (any Actor)?) async -> TransferState.Taken {
    await withTaskCancellationHandler {
      await withCheckedContinuation(isolation: isolation) { continuation in
        let answer = shared.withLock { shared in
          precondition(shared.chunk == nil, "two tasks read the body of one answer at the same time")
          shared.chunk = continuation
          return shared.chunkAnswer()
        }
        if let answer, answer.goesOn { inbox.post(.goOn(number)) }
        answer?.give()
      }
    } onCancel: {
      giveUp()
    }
  }

  /// Ends the exchange from this side, if it has not ended.
  func giveUp() {
    let error = HTTPError(.cancelled, host: order.target.place)
    let (wasOpen, head, chunk) = shared.withLock { shared in
      (shared.state.giveUp(error), shared.headAnswer(), shared.chunkAnswer())
    }
    if wasOpen { inbox.post(.stop(number)) }
    head?.give()
    chunk?.give()
  }
}

/// What a transfer's lock keeps.
private struct Shared {
  var state = TransferState()
  var head: CheckedContinuation<Result<HTTPHead, HTTPError>, Never>?
  var chunk: CheckedContinuation<TransferState.Taken, Never>?

  /// For the task that waits for the head, once there is something to tell it.
  mutating func headAnswer() -> Answer<Result<HTTPHead, HTTPError>>? {
    guard head != nil, let result = state.takeHead(), let waiter = head.take() else { return nil }
    return Answer(waiter: waiter, value: result, goesOn: false)
  }

  /// For the task that waits for a piece of the body.
  mutating func chunkAnswer() -> Answer<TransferState.Taken>? {
    guard chunk != nil else { return nil }
    let (taken, goesOn) = state.take()
    guard let taken, let waiter = chunk.take() else { return nil }
    return Answer(waiter: waiter, value: taken, goesOn: goesOn)
  }
}

/// Something to say outside the lock.
private struct Answer<Value: Sendable> {
  let waiter: CheckedContinuation<Value, Never>
  let value: Value
  /// A transfer that was held may go on.
  let goesOn: Bool

  func give() { waiter.resume(returning: value) }
}
