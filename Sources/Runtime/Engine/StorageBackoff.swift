import Jobs

/// How long something is tried again that the disk refused, as a pure state machine.
struct StorageBackoff: Sendable {
  private static let longestPause = Duration.seconds(1)
  private static let limit = Duration.seconds(10)
  private var pause = Duration.milliseconds(50)
  private var waited = Duration.zero

  /// Whether a failure of this kind may go by itself.
  static func mayPass(_ error: RegistryError) -> Bool {
    switch error.code {
    case .diskFull, .inputOutput, .busy, .notWritable: true
    default: false
    }
  }

  /// The time to wait before the next try; nil if there should be none.
  mutating func pause(after error: RegistryError) -> Duration? {
    guard StorageBackoff.mayPass(error), waited < StorageBackoff.limit else { return nil }
    defer { pause = min(pause * 2, StorageBackoff.longestPause) }
    waited += pause
    return pause
  }
}
