/// What has arrived of an answer and has not been read yet. Pure.
///
/// Terms: the transport *delivers* the head, pieces of the body and one end; the reader *takes*. A transfer is *held* while
/// more than `high` bytes wait to be taken, and goes on once at most `low` do.
/// Invariants: nothing is delivered after the end; the reader gets every byte before it hears of a failure, but nothing
/// more once the exchange was given up on this side.
struct TransferState {
  static let high = 256 << 10
  static let low = 128 << 10

  enum Ending: Equatable {
    case complete
    case failed(HTTPError)
  }

  /// What the reader gets.
  enum Taken: Equatable {
    case chunk([UInt8])
    case end
    case failure(HTTPError)
  }

  private(set) var head: HTTPHead?
  private(set) var ending: Ending?
  private(set) var isHeld = false
  private var buffer: [UInt8] = []

  var buffered: Int { buffer.count }

  // MARK: The transport

  mutating func deliver(_ head: HTTPHead) {
    guard ending == nil else { return }
    self.head = head
  }

  /// False if the bytes were not taken and the transfer is held now.
  mutating func deliver(_ bytes: UnsafeRawBufferPointer) -> Bool {
    // Its end is known here before the library hears of it.
    guard ending == nil else { return true }
    if buffer.count >= TransferState.high {
      isHeld = true
      return false
    }
    buffer.append(contentsOf: bytes)
    return true
  }

  /// False if it had ended before.
  mutating func end(_ ending: Ending) -> Bool {
    guard self.ending == nil else { return false }
    self.ending = ending
    isHeld = false
    return true
  }

  /// The reader wants no more. False if it had ended before.
  mutating func giveUp(_ error: HTTPError) -> Bool {
    buffer = []
    guard ending == nil else {
      ending = .failed(error)
      return false
    }
    return end(.failed(error))
  }

  // MARK: The reader

  /// What the reader gets now, nil if it has to wait; and whether the transfer may go on.
  mutating func take() -> (taken: Taken?, goesOn: Bool) {
    if !buffer.isEmpty {
      let chunk = buffer
      buffer = []
      let goesOn = isHeld
      isHeld = false
      return (.chunk(chunk), goesOn)
    }
    switch ending {
    case nil: return (nil, false)
    case .complete: return (.end, false)
    case .failed(let error): return (.failure(error), false)
    }
  }

  /// The head, the failure before it, or nil if neither is there yet.
  func takeHead() -> Result<HTTPHead, HTTPError>? {
    if case .failed(let error) = ending, error.code == .cancelled || head == nil { return .failure(error) }
    return head.map { .success($0) }
  }
}
