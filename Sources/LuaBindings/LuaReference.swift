internal import Synchronization

/// A function, coroutine or foreign userdata of a Lua state, kept alive from Swift.
///
/// It may be held and dropped on any thread; only its own `LuaState` can use it. Two references are equal if they are
/// the same reference, not if they name the same Lua value.
public final class LuaReference: Sendable, Hashable {
  let key: Int32
  private let pool: ReferencePool

  init(key: Int32, pool: ReferencePool) {
    self.key = key
    self.pool = pool
  }

  deinit { pool.release(key) }

  /// True for the same reference.
  public static func == (a: LuaReference, b: LuaReference) -> Bool { a === b }

  /// Hashes the reference itself.
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// References that Swift dropped, until the thread of their state gives them back to Lua.
final class ReferencePool: Sendable {
  private let dropped = Mutex<[Int32]>([])

  func release(_ key: Int32) { dropped.withLock { $0.append(key) } }

  func drain() -> [Int32] {
    dropped.withLock { keys in
      defer { keys = [] }
      return keys
    }
  }
}
