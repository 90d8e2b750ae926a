/// Where other threads leave messages for the thread that runs Lua: many senders, one receiver, drained in batches with
/// one wake-up each.
final class Mailbox<Message: Sendable>: @unchecked Sendable {
  // Sendable: every access to `messages` and `isClosed` is under the lock of `news`.
  private var messages: [Message] = []
  private var isClosed = false
  private let news = MonotonicCondition()

  /// Leaves a message. Once the mailbox is closed it is dropped.
  func post(_ message: Message) {
    news.locked { if !isClosed { messages.append(message) } }
    news.signal()
  }

  /// All messages so far; does not wait.
  func take() -> [Message] { news.locked { taken() } }

  /// All messages so far; waits for the first one, until `deadline` at most.
  func take(until deadline: MonotonicTime?) -> [Message] {
    news.locked {
      while messages.isEmpty {
        if let deadline, deadline <= .now { break }
        news.wait(until: deadline)
      }
      return taken()
    }
  }

  private func taken() -> [Message] {
    let taken = messages
    messages = []
    return taken
  }

  /// Drops what is there and all that comes.
  func close() {
    news.locked {
      isClosed = true
      messages = []
    }
  }
}
