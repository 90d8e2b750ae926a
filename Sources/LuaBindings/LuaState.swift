internal import CLua

/// What a host function answers.
public enum LuaAnswer: Sendable {
  /// The results.
  case values([LuaValue])
  /// Raises; a string gets the script's "file:line: " in front.
  case raise(LuaValue)
  /// Raises the value as it is.
  case raiseBare(LuaValue)
  /// The task waits: `resumed` is asked for the answer when the task is resumed.
  case suspend
  /// Raises the cancellation, which no pcall can keep.
  case cancel

  /// No results.
  public static var nothing: LuaAnswer { .values([]) }
}

/// How the host answers its Lua state. All are called on the state's thread, while Lua waits for the answer; none may
/// use the state, except to define things.
public struct LuaHandlers {
  /// A host function, by number, was called. With `isBlocked`, Lua cannot suspend here: answer `.suspend` without
  /// having done anything, and the script gets an error that names the place.
  public var call: (_ function: Int32, _ arguments: [LuaValue], _ isBlocked: Bool) -> LuaAnswer
  /// The task that had been suspended in this function was resumed.
  public var resumed: (_ function: Int32) -> LuaAnswer
  /// The script was interrupted: `.nothing` lets it go on.
  public var interrupted: () -> LuaAnswer
  /// Lua no longer holds this object.
  public var released: (LuaObject) -> Void

  /// Handlers.
  public init(
    call: @escaping (Int32, [LuaValue], Bool) -> LuaAnswer, resumed: @escaping (Int32) -> LuaAnswer,
    interrupted: @escaping () -> LuaAnswer = { .nothing }, released: @escaping (LuaObject) -> Void = { _ in }
  ) {
    self.call = call
    self.resumed = resumed
    self.interrupted = interrupted
    self.released = released
  }
}

/// One Lua 5.4 state, made safe: no call of it can raise through Swift, and none leaves values on Lua's stack.
///
/// Invariants: it belongs to the thread that made it (it is not Sendable); `close()` is its last call; while one of the
/// handlers runs, Lua stands still in C below it.
public final class LuaState {
  let host: UnsafeMutablePointer<clua_host>
  let pool = ReferencePool()
  private let handlers: LuaHandlers

  /// A new state without libraries.
  public init(_ handlers: LuaHandlers) {
    self.handlers = handlers
    let callbacks = clua_callbacks(
      call: { context, function, bytes, count, isBlocked in
        LuaState.of(context).answerCall(function, UnsafeRawBufferPointer(start: bytes, count: count), isBlocked)
      },
      resumed: { context, function in
        let state = LuaState.of(context)
        return state.give(state.handlers.resumed(function))
      },
      interrupted: { context in
        let state = LuaState.of(context)
        return state.give(state.handlers.interrupted())
      },
      released: { context, type, handle in
        LuaState.of(context).handlers.released(LuaObject(type: type, handle: handle))
      })
    guard let host = clua_open(nil, callbacks) else { fatalError("no memory for a Lua state") }
    self.host = host
    host.pointee.context = Unmanaged.passUnretained(self).toOpaque()
  }

  /// Runs the finalisers and frees the state. Nothing of it may be used afterwards.
  public func close() {
    clua_interrupt_remove(host)
    clua_close(host)
  }

  private static func of(_ context: UnsafeMutableRawPointer?) -> LuaState {
    Unmanaged<LuaState>.fromOpaque(context!).takeUnretainedValue()
  }

  private func answerCall(_ function: Int32, _ bytes: UnsafeRawBufferPointer, _ isBlocked: Bool) -> Int32 {
    var reader = ValueReader(bytes, pool: pool)
    return give(handlers.call(function, reader.readAll(), isBlocked))
  }

  /// Leaves the answer's values in the out buffer; its code tells C what to do with them.
  private func give(_ answer: LuaAnswer) -> Int32 {
    switch answer {
    case .values(let values):
      append(values)
      return Int32(CLUA_RETURN.rawValue)
    case .raise(let value):
      append([value])
      return Int32(CLUA_RAISE.rawValue)
    case .raiseBare(let value):
      append([value])
      return Int32(CLUA_RAISE_BARE.rawValue)
    case .suspend: return Int32(CLUA_SUSPEND.rawValue)
    case .cancel: return Int32(CLUA_CANCEL.rawValue)
    }
  }

  private func append(_ values: [LuaValue]) {
    if values.isEmpty { return }
    let bytes = ValueWriter(values).bytes
    clua_buffer_append(&host.pointee.out, bytes, bytes.count)
    // What is pushed by reference must outlive the push, which happens after this returns.
    kept = values
  }
  private var kept: [LuaValue] = []

  func drainReferences() {
    for key in pool.drain() { clua_release(host, key) }
  }

  /// The values that the last protected operation left in the out buffer.
  func takeOut() -> [LuaValue] {
    var reader = ValueReader(
      UnsafeRawBufferPointer(start: host.pointee.out.bytes, count: host.pointee.out.count), pool: pool)
    defer { host.pointee.out.count = 0 }
    return reader.readAll()
  }

  func text(_ buffer: clua_buffer) -> String {
    String(decoding: UnsafeRawBufferPointer(start: buffer.bytes, count: buffer.count), as: UTF8.self)
  }

  /// The error that a protected operation left behind.
  func takeError(_ kind: LuaError.Kind) -> LuaError {
    LuaError(
      kind: kind, message: text(host.pointee.message), traceback: kind == .load ? "" : text(host.pointee.trace),
      value: takeOut().first)
  }

  func check(_ status: clua_status, _ kind: LuaError.Kind = .runtime) throws(LuaError) {
    if status == CLUA_FAILED { throw takeError(kind) }
  }
}
