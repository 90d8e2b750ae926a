import Synchronization

/// What happens to one execution, in order, for the one task that acts on it. Anybody may post, from any thread.
final class Inbox<Event: Sendable>: Sendable {
  private struct State {
    var events: [Event] = []
    var waiter: CheckedContinuation<Event, Never>?
  }

  private let state = Mutex(State())

  func post(_ event: Event) {
    let waiter = state.withLock { state -> CheckedContinuation<Event, Never>? in
      if let waiter = state.waiter.take() { return waiter }
      state.events.append(event)
      return nil
    }
    waiter?.resume(returning: event)
  }

  /// The next event. Only one task may wait at a time.
  func next() async -> Event {
    await withCheckedContinuation { continuation in
      let event = state.withLock { state -> Event? in
        guard state.events.isEmpty else { return state.events.removeFirst() }
        precondition(state.waiter == nil, "two tasks wait for the events of one execution")
        state.waiter = continuation
        return nil
      }
      if let event { continuation.resume(returning: event) }
    }
  }

  /// Posts an event after a time, unless the task that is returned is cancelled before.
  ///
  /// The clock stands still while the machine sleeps, so that a suspended laptop finds its jobs alive, and while this
  /// process is stopped.
  func post(_ event: Event, after time: Duration) -> Task<Void, Never> {
    Task {
      do {
        try await MonotonicTime.sleep(for: time)
        post(event)
      } catch {
        // Cancelled: nobody waits for the event any more.
      }
    }
  }
}

/// What can happen to the execution of a command.
enum CommandEvent: Sendable, Hashable {
  /// The process has ended, and is not reaped yet.
  case ended
  /// It is to be made to end, politely.
  case stop(StopCause)
  /// It is to be killed without more ado.
  case stopAtOnce(StopCause)
  /// The time between TERM and KILL is over.
  case graceOver
  /// It should have ended by now, since it was killed.
  case killHadNoEffect
  /// A time of waiting is over.
  case pauseOver
}
