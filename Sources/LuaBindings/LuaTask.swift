internal import CLua

/// One root coroutine: a script task. It belongs to its state's thread.
public final class LuaTask {
  // C keeps the address of the task while it runs, so it has a place of its own.
  fileprivate let address: UnsafeMutablePointer<clua_task>

  fileprivate init() {
    address = .allocate(capacity: 1)
    address.initialize(to: clua_task())
  }

  deinit { address.deallocate() }

  /// True while it waits inside a host call.
  public var isSuspended: Bool { address.pointee.suspended }
  /// True once the cancellation was raised in it.
  public var isUnwinding: Bool { address.pointee.raises > 0 }
}

/// How a resume ended.
public enum Resumption {
  case finished([LuaValue])
  case waiting
  case failed(LuaError)
  /// The cancellation came out of it.
  case cancelled
}

extension LuaState {
  /// A task that will call the function with these arguments when it is first resumed.
  public func makeTask(_ function: LuaReference, _ arguments: [LuaValue] = []) throws(LuaError) -> LuaTask {
    let task = LuaTask()
    let bytes = ValueWriter(arguments).bytes
    try check(clua_task_open(host, task.address, function.key, bytes, bytes.count))
    return task
  }

  /// Runs a task until it waits or ends. The answer to what it waited for is asked of `LuaHandlers.resumed`.
  public func resume(_ task: LuaTask) -> Resumption {
    drainReferences()
    var count: UInt32 = 0
    let status = clua_task_resume(host, task.address, &count)
    switch status {
    case CLUA_WAITING: return .waiting
    case CLUA_DONE:
      defer { close(task) }
      return .finished(takeOut())
    case CLUA_CANCELLED:
      close(task)
      return .cancelled
    default:
      defer { close(task) }
      return .failed(takeError(.runtime))
    }
  }

  /// Lets go of a task's coroutine; its pending to-be-closed variables do not run.
  public func close(_ task: LuaTask) { clua_task_close(host, task.address) }

  /// Runs the pending to-be-closed variables of a suspended task, as `os.exit(code, true)` does for the main chunk.
  public func unwind(_ task: LuaTask) { _ = clua_task_unwind(host, task.address) }

  /// The stack of a suspended task.
  public func traceback(of task: LuaTask) -> String {
    clua_task_traceback(host, task.address)
    return text(host.pointee.trace)
  }

  /// "deploy.lua:14": where the script's own code runs now, or an empty text. For handlers.
  public func currentPlace() -> String {
    clua_where(host)
    return text(host.pointee.message)
  }
}
