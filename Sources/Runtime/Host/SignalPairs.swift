/// Tells a signal that came twice from one that was sent twice.
///
/// Whoever signals our whole process group reaches the runtime and its guardian, and the guardian passes on what it gets: so
/// the runtime hears of one Ctrl-C by `kill` twice, and the second Ctrl-C means something else than the first. One direct and
/// one forwarded signal of the same number, close together, are one signal.
struct SignalPairs: Sendable {
  private struct Single {
    let isForwarded: Bool
    let time: MonotonicTime
  }

  /// How long the two may be apart: the guardian may have to wait for its turn on a busy machine.
  static let window = Duration.milliseconds(300)

  private var singles: [Int32: Single] = [:]

  /// Whether this one counts, or is the other half of one that has counted.
  mutating func counts(_ number: Int32, isForwarded: Bool, at time: MonotonicTime) -> Bool {
    if let single = singles[number], single.isForwarded != isForwarded,
      time <= single.time.advanced(by: SignalPairs.window)
    {
      singles[number] = nil
      return false
    }
    singles[number] = Single(isForwarded: isForwarded, time: time)
    return true
  }
}
