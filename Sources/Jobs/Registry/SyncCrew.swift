import Dispatch
import Synchronization

/// Some threads that wait for the disk at the same time.
///
/// Each wait for one small file is a flush of the disk's cache; the system merges flushes that are asked for while one is
/// under way, so that eight waits at once cost about as much as two in a row. The threads live only while they are needed.
final class SyncCrew: Sendable {
  private let lanes = (1..<8).map { DispatchQueue(label: "agentscript.registry.sync.\($0)", qos: .userInitiated) }

  /// Runs `body` for each number below `count`, on this thread and the crew's, and returns when all have returned.
  func perform(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let next = NextNumber()
    let work = { @Sendable in
      while let number = next.take(below: count) { body(number) }
    }
    let group = DispatchGroup()
    for lane in lanes.prefix(max(count - 1, 0)) { lane.async(group: group, execute: work) }
    work()
    group.wait()
  }
}

private final class NextNumber: Sendable {
  private let value = Atomic(0)

  func take(below count: Int) -> Int? {
    let number = value.wrappingAdd(1, ordering: .relaxed).oldValue
    return number < count ? number : nil
  }
}
