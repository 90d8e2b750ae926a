import CStorage
import Dispatch
import Synchronization

/// Compresses the long logs of ended runs in the background, while the process has something else to do.
///
/// It begins a moment after it was asked, so that a short script is over before, and ends within milliseconds when it is
/// told to. What it did not come to is left to the next process, or to `prune`.
final class LogCompression: Sendable {
  private struct State {
    var isScheduled = false
    /// The pass that is under way shall end.
    var mustStop = false
    var isClosed = false
  }

  private static let delay = DispatchTimeInterval.milliseconds(100)

  private let state = Mutex(State())
  /// Entered by a pass that is under way.
  private let pass = DispatchGroup()
  private let timer = DispatchQueue(label: "agentscript.registry.compression", qos: .background)

  /// A pass over the registry's logs will be made soon.
  func schedule(for registry: Registry) {
    let isNew = state.withLock { state in
      defer { state.isScheduled = true }
      return !state.isScheduled
    }
    guard isNew else { return }
    timer.asyncAfter(deadline: .now() + LogCompression.delay) { [weak registry] in
      guard let registry, self.enter() else { return }
      // Mostly there is nothing to do, and no need of a thread.
      let isNeeded = (try? registry.longLogs().isEmpty) == false
      if !isNeeded || !self.start(registry) { self.pass.leave() }
    }
  }

  /// Ends the pass that is under way or was asked for; returns once it touches no log any more.
  func stop() {
    state.withLock { state in
      state.mustStop = true
      state.isScheduled = false
    }
    pass.wait()
  }

  /// The same, and none begins after this.
  func close() {
    state.withLock { $0.isClosed = true }
    stop()
  }

  private func enter() -> Bool {
    state.withLock { state in
      guard state.isScheduled, !state.isClosed else { return false }
      state.isScheduled = false
      state.mustStop = false
      pass.enter()
      return true
    }
  }

  private func start(_ registry: Registry) -> Bool {
    let work = QuietWork {
      // What fails is tried again by the next pass; nobody waits for this one.
      _ = try? registry.compressLongLogs { self.state.withLock { !$0.mustStop } }
      self.pass.leave()
    }
    let context = Unmanaged.passRetained(work)
    let result = cstorage_start_quiet_thread(
      { context in
        guard let context else { return }
        Unmanaged<QuietWork>.fromOpaque(context).takeRetainedValue().body()
      }, context.toOpaque())
    if result != 0 { context.release() }
    return result == 0
  }
}

/// What a thread is to do, as an object that C can carry.
private final class QuietWork: Sendable {
  let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
