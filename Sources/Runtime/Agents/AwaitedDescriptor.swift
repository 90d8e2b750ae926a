import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A descriptor of ours that is waited for without a thread. One task at a time may wait.
///
/// Not by Dispatch's sources: on Linux these crash now and then when one is cancelled while its other side is being closed
/// (docs/decisions/0015-one-watch-no-dispatch-sources.md).
final class AwaitedDescriptor: Sendable {
  private struct State {
    var waiter: CheckedContinuation<Bool, Never>?
    /// What the watch knows the wait by.
    var token: UInt64?
    var isClosed = false
  }

  private let descriptor: Int32
  private let isForWriting: Bool
  private let state = Mutex(State())

  /// Takes the descriptor over: it is closed by `close`.
  init(_ descriptor: Int32, forWriting: Bool) {
    self.descriptor = descriptor
    isForWriting = forWriting
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
  }

  deinit { close() }

  private func becameReady() {
    let waiter = state.withLock { state in
      state.token = nil
      return state.waiter.take()
    }
    waiter?.resume(returning: true)
  }

  /// Closes it. Whoever waits goes on, and finds the end.
  func close() {
    let waiter = state.withLock { state -> CheckedContinuation<Bool, Never>? in
      guard !state.isClosed else { return nil }
      state.isClosed = true
      if let token = state.token.take() { KernelWatch.shared.forget(descriptor, token) }
      systemClose(descriptor)
      return state.waiter.take()
    }
    waiter?.resume(returning: false)
  }

  /// The next bytes; nil at the end, after a failure, and when it is closed.
  func read() async -> [UInt8]? {
    while true {
      switch attempt({ descriptor in
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = systemRead(descriptor, &bytes, bytes.count)
        return (count, Array(bytes.prefix(max(0, count))))
      }) {
      case .done(let bytes): return bytes.isEmpty ? nil : bytes
      case .failed: return nil
      case .wait: guard await waitUntilReady() else { return nil }
      }
    }
  }

  /// Writes all of it to a socket; false if nobody reads it any more. No signal comes of that.
  func write(_ bytes: [UInt8]) async -> Bool {
    var done = 0
    while done < bytes.count {
      let from = done
      switch attempt({ descriptor in
        let count = bytes.withUnsafeBytes { buffer in
          send(descriptor, buffer.baseAddress! + from, buffer.count - from, quietly)
        }
        return (count, count)
      }) {
      case .done(let count): done += count
      case .failed: return false
      case .wait: guard await waitUntilReady() else { return false }
      }
    }
    return true
  }

  private enum Attempt<Value> { case done(Value), wait, failed }

  private func attempt<Value>(_ call: (Int32) -> (count: Int, value: Value)) -> Attempt<Value> {
    // Under the lock, so that the number is not another file's by now. The calls do not wait.
    state.withLock { state in
      while true {
        guard !state.isClosed else { return .failed }
        let (count, value) = call(descriptor)
        if count >= 0 { return .done(value) }
        if errno == EINTR { continue }
        return errno == EAGAIN || errno == EWOULDBLOCK ? .wait : .failed
      }
    }
  }

  private func waitUntilReady() async -> Bool {
    await withCheckedContinuation { continuation in
      let waits = state.withLock { state in
        guard !state.isClosed else { return false }
        precondition(state.waiter == nil, "two tasks wait for one descriptor")
        state.token = KernelWatch.shared.whenReady(descriptor, forWriting: isForWriting) { [weak self] in
          self?.becameReady()
        }
        guard state.token != nil else { return false }
        state.waiter = continuation
        return true
      }
      if !waits { continuation.resume(returning: false) }
    }
  }
}

#if canImport(Darwin)
  private let quietly: Int32 = 0
#else
  private let quietly = Int32(MSG_NOSIGNAL)
#endif

private func systemClose(_ descriptor: Int32) { _ = close(descriptor) }

private func systemRead(_ descriptor: Int32, _ bytes: UnsafeMutableRawPointer, _ count: Int) -> Int {
  read(descriptor, bytes, count)
}
