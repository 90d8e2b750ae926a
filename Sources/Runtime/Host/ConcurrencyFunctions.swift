internal import Jobs
internal import LuaBindings

// What the combinators of stdlib/agentscript/api.lua stand on: groups of branches, and children.
extension ScriptHost {
  func defineConcurrency() throws(LuaError) {
    try publish("sleep") { _, call throws(HostFailure) in
      guard let duration = DurationText.of(call[0]) else {
        throw .misuse("sleep: the duration must be \(DurationText.accepted), not \(OptionReader.show(call[0]))")
      }
      return .wait(.time, until: MonotonicTime.now.advanced(by: duration))
    }
    try define("scope", in: ScriptHost.moduleName) { host, call throws(HostFailure) in
      .value(host.objects.push(.scope(TaskGroupScope(owner: call.task))))
    }
    try define("async_start", in: ScriptHost.moduleName) { host, call throws(HostFailure) in
      guard case .function(let function) = call[0] else {
        throw .misuse("async: the first argument must be a function")
      }
      let child = try host.startTask(function, Array(call.arguments.dropFirst()), name: "async", owner: call.task)
      return .value(host.objects.push(.child(child)))
    }
    try defineScopes()
    try defineAsyncTasks()
  }

  private func defineScopes() throws(LuaError) {
    try define(
      type: 3, "scope",
      methods: [
        ("branch", { host, call throws(HostFailure) in try host.startBranch(call) }),
        ("next", { host, call throws(HostFailure) in try host.awaitBranch(call) }),
        (
          "cancel",
          { host, call throws(HostFailure) in
            let scope = try host.scope(call)
            let reason = call[1].text ?? "no longer wanted"
            for branch in host.inOrder(scope.branches) { host.cancel(branch, .owner(reason: reason)) }
            return .nothing
          }
        ),
      ],
      closer: { host, call throws(HostFailure) in
        let scope = try host.scope(call)
        for branch in host.inOrder(scope.branches) { host.cancel(branch, .owner(reason: "its owner ended")) }
        return scope.branches.isEmpty ? .nothing : .wait(.groupEnd(scope), until: nil)
      })
  }

  private func defineAsyncTasks() throws(LuaError) {
    try define(
      type: 4, "async task",
      methods: [
        (
          "join",
          { host, call throws(HostFailure) in
            let child = try host.child(call)
            if child === call.task { throw .misuse("a task cannot wait for itself") }
            if !child.hasEnded {
              return .wait(.child(child), until: try host.deadline(call[1], "wait"))
            }
            guard case .values(let values) = host.childAnswer(child) else { return .nothing }
            return .values(values)
          }
        ),
        (
          "cancel",
          { host, call throws(HostFailure) in
            host.cancel(try host.child(call), .asked(by: "script", reason: call[1].text ?? "no longer wanted"))
            return .nothing
          }
        ),
        (
          "status",
          { host, call throws(HostFailure) in
            switch try host.child(call).ending {
            case nil: .value("running")
            case .returned: .value("completed")
            case .raised: .value("failed")
            case .cancelled: .value("cancelled")
            }
          }
        ),
      ],
      text: { host, call throws(HostFailure) in .value(.text("async task started at \(try host.child(call).place)")) })
  }

  /// A type of objects with its methods. A getter gets object and key.
  func define(
    type: UInt32, _ name: String,
    methods: [(String, (ScriptHost, HostCall) throws(HostFailure) -> HostOutcome)] = [],
    getter: ((ScriptHost, HostCall) throws(HostFailure) -> HostOutcome)? = nil,
    closer: ((ScriptHost, HostCall) throws(HostFailure) -> HostOutcome)? = nil,
    text: ((ScriptHost, HostCall) throws(HostFailure) -> HostOutcome)? = nil
  ) throws(LuaError) {
    var numbers: [(String, Int32)] = []
    for (method, body) in methods { numbers.append((method, register(method, body))) }
    try lua.define(
      type: LuaState.ObjectType(
        type: type, name: name, methods: numbers,
        getter: getter.map { register(name, isAlwaysAllowed: true, $0) },
        closer: closer.map { register("close", isAlwaysAllowed: true, $0) },
        text: text.map { register("tostring", isAlwaysAllowed: true, $0) }))
  }

  /// The optional timeout of a waiting function.
  func deadline(_ value: LuaValue, _ name: String) throws(HostFailure) -> MonotonicTime? {
    if value.isNil { return nil }
    guard let duration = DurationText.of(value) else {
      throw .misuse("\(name): the timeout must be \(DurationText.accepted), not \(OptionReader.show(value))")
    }
    return MonotonicTime.now.advanced(by: duration)
  }

  func startTask(
    _ function: LuaReference, _ arguments: [LuaValue], name: String, owner: ScriptTask, group: TaskGroupScope? = nil,
    index: Int = 0
  ) throws(HostFailure) -> ScriptTask {
    do throws(LuaError) {
      return try makeTask(
        function, arguments, name: name, place: lua.currentPlace(), owner: owner, group: group, index: index)
    } catch { throw .misuse(error.message) }
  }

  private func scope(_ call: HostCall) throws(HostFailure) -> TaskGroupScope {
    guard case .scope(let scope) = objects[call[0]] else { throw .misuse("\(call.name): this is no scope") }
    return scope
  }

  private func child(_ call: HostCall) throws(HostFailure) -> ScriptTask {
    guard case .child(let child) = objects[call[0]] else { throw .misuse("\(call.name): this is no async task") }
    return child
  }

  /// `scope:branch(fn [, deadline])`
  private func startBranch(_ call: HostCall) throws(HostFailure) -> HostOutcome {
    let scope = try scope(call)
    guard case .function(let function) = call[1] else { throw .misuse("a branch must be a function") }
    let deadline = try deadline(call[2], "timeout")
    scope.count += 1
    let branch = try startTask(
      function, [], name: "branch \(scope.count)", owner: scope.owner, group: scope, index: scope.count)
    if let deadline { deadlines.set(.task(branch.id), at: deadline) }
    return .value(.integer(Int64(scope.count)))
  }

  /// `scope:next() -> index, status, error`
  private func awaitBranch(_ call: HostCall) throws(HostFailure) -> HostOutcome {
    let scope = try scope(call)
    guard case .values(let values) = nextBranch(scope) else { return .wait(.group(scope), until: nil) }
    return .values(values)
  }
}
