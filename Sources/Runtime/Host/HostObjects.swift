internal import Jobs
internal import LuaBindings

/// What a script holds of ours as userdata.
enum HostObject {
  case job(JobID)
  case jobGroup(JobGroup)
  /// The branches of a `parallel` and the like; never shown to scripts.
  case scope(TaskGroupScope)
  /// What `async` returns.
  case child(ScriptTask)
  /// What `read_output{follow = true}` iterates.
  case stream(OutputStream)
  /// What `as_completed` iterates.
  case completions(CompletionQueue)
  /// What an answer of `http` with `stream = true` reads from.
  case httpStream(HTTPStream)
  /// The global `run`.
  case run
  /// The global `budget`.
  case budget

  /// The number of its Lua type. Tables with a metatable of ours have 8 (results), 10 (plans) and 11 (results of groups).
  var type: UInt32 {
    switch self {
    case .job: 1
    case .jobGroup: 2
    case .scope: 3
    case .child: 4
    case .stream: 5
    case .run: 6
    case .completions: 7
    case .httpStream: 9
    case .budget: 12
    }
  }
}

/// Objects by handle. A handle is never used twice; two handles of one job are equal in Lua, because a job's handle
/// stays the same while Lua holds it.
struct HostObjects {
  private var objects: [UInt64: HostObject] = [:]
  private var jobs: [JobID: UInt64] = [:]
  /// A handle may be pushed many times; each userdata is released once.
  private var uses: [UInt64: Int] = [:]
  private var count: UInt64 = 0

  /// The value that stands for the object in Lua.
  mutating func push(_ object: HostObject) -> LuaValue {
    if case .job(let id) = object, let handle = jobs[id] {
      uses[handle, default: 0] += 1
      return .object(LuaObject(type: object.type, handle: handle))
    }
    count += 1
    objects[count] = object
    uses[count] = 1
    if case .job(let id) = object { jobs[id] = count }
    return .object(LuaObject(type: object.type, handle: count))
  }

  subscript(_ value: LuaValue) -> HostObject? {
    guard case .object(let object) = value else { return nil }
    return objects[object.handle]
  }

  mutating func release(_ object: LuaObject) {
    let left = (uses[object.handle] ?? 1) - 1
    uses[object.handle] = left == 0 ? nil : left
    guard left == 0, let released = objects.removeValue(forKey: object.handle) else { return }
    if case .job(let id) = released { jobs[id] = nil }
  }
}
