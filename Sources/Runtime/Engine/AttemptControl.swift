import Synchronization

/// All that runs for one attempt of a job: its work, a second copy of it, their gates. Who stops the attempt reaches all of
/// it, and what begins later is stopped as it begins.
final class AttemptControl: Sendable {
  /// Something that runs for the attempt.
  struct Part: Sendable, Hashable {
    var copy = HedgeState.Copy.first
    var isGate = false
    /// The number of the tool's call by an agent, from 1; nil for what is none.
    var toolCall: Int?

    /// What it is called in its environment.
    var word: String { toolCall.map { "tool-\($0)" } ?? (isGate ? "gate" : "work") }

    /// What tells it from the attempt's other parts, in names.
    var name: String { "\(copy.rawValue)\(isGate ? "g" : "")\(toolCall.map { "t\($0)" } ?? "")" }
  }

  /// Makes a part end; at once, if so wanted.
  typealias Stop = @Sendable (StopCause, _ atOnce: Bool) -> Void

  private struct State {
    var parts: [Part: Stop] = [:]
    var stop: (cause: StopCause, atOnce: Bool)?
    var losers: Set<HedgeState.Copy> = []
  }

  private let state = Mutex(State())

  /// A part runs from here on, until `ended`.
  func begins(_ part: Part, stop: @escaping Stop) {
    let cause = state.withLock { state -> (cause: StopCause, atOnce: Bool)? in
      state.parts[part] = stop
      return state.stop ?? (state.losers.contains(part.copy) ? (.request, false) : nil)
    }
    if let cause { stop(cause.cause, cause.atOnce) }
  }

  func ended(_ part: Part) { state.withLock { $0.parts[part] = nil } }

  /// Makes all of it end. Asking again changes nothing, except that `atOnce` shortens the time of grace.
  func stop(_ cause: StopCause, atOnce: Bool) {
    let stops = state.withLock { state -> [Stop] in
      state.stop = (state.stop?.cause ?? cause, atOnce || state.stop?.atOnce == true)
      return Array(state.parts.values)
    }
    for stop in stops { stop(cause, atOnce) }
  }

  /// Makes one copy end with its gate: the other has won.
  func stop(_ copy: HedgeState.Copy) {
    let stops = state.withLock { state -> [Stop] in
      state.losers.insert(copy)
      return state.parts.filter { $0.key.copy == copy }.map(\.value)
    }
    for stop in stops { stop(.request, false) }
  }

  /// Whether nothing more is to begin for this copy.
  func isStopped(_ copy: HedgeState.Copy) -> Bool {
    state.withLock { $0.stop != nil || $0.losers.contains(copy) }
  }
}
