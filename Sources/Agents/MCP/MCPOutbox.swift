internal import Synchronization

/// What is to be written to a server, in order. Nobody who puts something in waits for the server to read it.
final class MCPOutbox: Sendable {
  private struct State {
    var lines: [[UInt8]] = []
    var bytes = 0
    var isClosed = false
    var writer: CheckedContinuation<Void, Never>?
  }

  /// A server that leaves so much unread reads no more.
  static let limit = 32 << 20
  private let state = Mutex(State())

  /// Puts a line in; false if there is no room, or the box is closed.
  func put(_ line: [UInt8]) -> Bool {
    let (taken, writer) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
      guard !state.isClosed, state.bytes + line.count <= MCPOutbox.limit, state.lines.count < 10_000 else {
        return (false, nil)
      }
      state.lines.append(line)
      state.bytes += line.count
      defer { state.writer = nil }
      return (true, state.writer)
    }
    writer?.resume()
    return taken
  }

  /// Ends `next`; what is still there is dropped.
  func close() {
    let writer = state.withLock { state in
      state.isClosed = true
      state.lines = []
      defer { state.writer = nil }
      return state.writer
    }
    writer?.resume()
  }

  /// All that is there, as soon as there is something; nil when the box is closed. For one caller.
  func next() async -> [UInt8]? {
    while true {
      let (bytes, isClosed) = state.withLock { state -> ([UInt8], Bool) in
        defer {
          state.lines = []
          state.bytes = 0
        }
        return (Array(state.lines.joined()), state.isClosed)
      }
      if isClosed { return nil }
      if !bytes.isEmpty { return bytes }
      await withCheckedContinuation { continuation in
        let isReady = state.withLock { state in
          if state.isClosed || !state.lines.isEmpty { return true }
          state.writer = continuation
          return false
        }
        if isReady { continuation.resume() }
      }
    }
  }
}
