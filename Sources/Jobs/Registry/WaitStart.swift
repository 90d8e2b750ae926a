import Synchronization

/// A number that a callback shares with its next call.
final class WaitStart: Sendable {
  private let value = Atomic<UInt64>(0)

  func set(_ new: UInt64) { value.store(new, ordering: .relaxed) }

  func get() -> UInt64 { value.load(ordering: .relaxed) }
}
