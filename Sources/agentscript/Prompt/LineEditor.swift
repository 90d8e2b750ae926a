internal import CLineEditor
import Dispatch
import Runtime
import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Reads lines from standard input on a thread of its own: edited on a terminal, plainly elsewhere.
///
/// One reader at a time: `read`, then for each `.completion` one `answer`, until another event comes. Events arrive on
/// the editor's thread. There is one editor in a process, because there is one standard input.
final class LineEditor: Sendable {
  /// What came of a read.
  enum Event: Sendable, Hashable {
    /// A line without its line end, as bytes.
    case line([UInt8])
    /// The end of the input.
    case end
    /// Ctrl-C: the line was given up.
    case interrupted
    /// The Tab key, with the cursor after so many bytes of the line: asks for `answer`.
    case completion(line: [UInt8], cursor: Int, columns: Int)
  }

  /// Receives the event of one `read` or `answer`.
  typealias Receiver = @Sendable (Event) -> Void

  private enum Request {
    case read(prompt: [UInt8], Receiver)
    case remember([UInt8])
  }

  /// The C editor locks by itself.
  private struct Handle: @unchecked Sendable { let pointer: OpaquePointer }

  private struct State {
    var handle: Handle?
    var hasThread = false
    var isReading = false
    var requests: [Request] = []
    var receiver: Receiver?
    var answer: (insert: [UInt8]?, listing: [UInt8]?) = (nil, nil)
  }

  private let history: LineHistory?
  private let state = Mutex(State())
  private let hasRequest = DispatchSemaphore(value: 0)
  private let hasAnswer = DispatchSemaphore(value: 0)

  /// An editor that starts with its first read. It stays alive until the process ends.
  init(history: LineHistory?) {
    self.history = history
  }

  /// True when a person types.
  static var isTerminal: Bool { isatty(0) == 1 && isatty(1) == 1 }

  /// The width to show things in.
  static var columns: Int { Int(cline_columns()) }

  /// True while a line is being read.
  var isReading: Bool { state.withLock { $0.isReading } }

  /// Reads a line after writing the prompt.
  func read(prompt: [UInt8], then receiver: @escaping Receiver) {
    let needsThread = state.withLock { state in
      precondition(!state.isReading, "LineEditor: a read was begun before the one under way had ended")
      state.isReading = true
      state.requests.append(.read(prompt: prompt, receiver))
      defer { state.hasThread = true }
      return !state.hasThread
    }
    if needsThread { startThread(receiver) }
    hasRequest.signal()
  }

  /// Answers `.completion`: text to put in at the cursor, lines to show; the read goes on.
  func answer(insert: [UInt8]?, listing: [UInt8]?, then receiver: @escaping Receiver) {
    state.withLock { state in
      state.answer = (insert, listing)
      state.receiver = receiver
    }
    hasAnswer.signal()
  }

  /// Adds an entry to what the arrow keys bring back, now and in later sessions.
  func remember(_ entry: [UInt8]) {
    guard Self.isTerminal, !entry.isEmpty else { return }
    state.withLock { $0.requests.append(.remember(entry)) }
    hasRequest.signal()
  }

  /// Takes the line being edited off the screen until `show`.
  func hide() {
    if let handle = state.withLock({ $0.handle }) { cline_hide(handle.pointer) }
  }

  /// Puts it back.
  func show() {
    if let handle = state.withLock({ $0.handle }) { cline_show(handle.pointer) }
  }

  /// Gives up the line being edited, as Ctrl-C does.
  func interrupt() {
    if let handle = state.withLock({ $0.handle }) { cline_interrupt(handle.pointer) }
  }

  /// Gives the terminal its ordinary modes back, before the process ends in the middle of a read.
  func restoreTerminal() {
    if let handle = state.withLock({ $0.handle }) { cline_restore(handle.pointer) }
  }

  // MARK: the thread

  private func startThread(_ receiver: Receiver) {
    let context = Unmanaged.passRetained(self).toOpaque()
    let error = cline_start_thread(
      { context in
        guard let context else { return }
        Unmanaged<LineEditor>.fromOpaque(context).takeUnretainedValue().work()
      }, context)
    if error != 0 { receiver(.end) }
  }

  private func work() -> Never {
    cline_set_stop_hooks({ ProcessStop.willStop() }, { ProcessStop.hasContinued() })
    if Self.isTerminal { open() }
    while true {
      hasRequest.wait()
      let (request, handle) = state.withLock { ($0.requests.isEmpty ? nil : $0.requests.removeFirst(), $0.handle) }
      switch request {
      case .read(let prompt, let receiver): read(prompt, receiver, handle)
      case .remember(let entry):
        if let handle { cline_remember(handle.pointer, Self.text(entry)) }
        history?.append(entry)
      case nil: continue
      }
    }
  }

  private func open() {
    let context = Unmanaged.passUnretained(self).toOpaque()
    let pointer = cline_open(
      "agentscript",
      { context, line, length, cursor, answer in
        guard let context, let line, let answer else { return }
        let bytes = Array(UnsafeRawBufferPointer(start: line, count: length))
        Unmanaged<LineEditor>.fromOpaque(context).takeUnretainedValue().complete(bytes, cursor, answer)
      }, context)
    guard let pointer else {
      StandardStream.error.talk(
        "agentscript: lines cannot be edited: libedit is not installed (Debian: apt install libedit2)\n")
      return
    }
    for entry in history?.load() ?? [] { cline_remember(pointer, Self.text(entry)) }
    let handle = Handle(pointer: pointer)
    state.withLock { $0.handle = handle }
  }

  private func read(_ prompt: [UInt8], _ receiver: @escaping Receiver, _ handle: Handle?) {
    state.withLock { $0.receiver = receiver }
    var line: UnsafeMutablePointer<CChar>?
    var length = 0
    let outcome =
      if let handle {
        cline_read(handle.pointer, Self.text(prompt), &line, &length)
      } else {
        cline_read_plain(Self.text(prompt), Self.isTerminal ? 0 : 1, &line, &length)
      }
    let event: Event
    switch outcome {
    case CLINE_LINE: event = .line(Array(UnsafeRawBufferPointer(start: line, count: length)))
    case CLINE_INTERRUPTED: event = .interrupted
    default: event = .end
    }
    free(line)
    deliver(event, endsRead: true)
  }

  private func complete(_ line: [UInt8], _ cursor: Int, _ answer: UnsafeMutablePointer<cline_answer>) {
    deliver(.completion(line: line, cursor: cursor, columns: Self.columns), endsRead: false)
    hasAnswer.wait()
    let reply = state.withLock { $0.answer }
    answer.pointee.insert = reply.insert.flatMap { strdup(Self.text($0)) }
    answer.pointee.listing = reply.listing.flatMap { strdup(Self.text($0)) }
  }

  private func deliver(_ event: Event, endsRead: Bool) {
    let receiver = state.withLock { state in
      if endsRead { state.isReading = false }
      defer { state.receiver = nil }
      return state.receiver
    }
    receiver?(event)
  }

  /// Bytes as a C string: what follows a NUL is lost, as it is in `lua`.
  private static func text(_ bytes: [UInt8]) -> [CChar] {
    bytes.map { CChar(bitPattern: $0) } + [0]
  }
}
