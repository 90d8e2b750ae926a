import LuaBindings

/// A small host: `pause()` suspends the task until `go` resumes it with values; `echo(...)` returns what it got.
final class TestHost {
  enum Function: Int32, CaseIterable { case pause, echo, fail, object, readObject, closeObject, describe }

  let state: LuaState
  var answers: [LuaAnswer] = []
  var interruption: LuaAnswer = .nothing
  var received: [[LuaValue]] = []
  var events: [String] = []
  var isCancelled = false

  init(ignoringEnvironment: Bool = true) throws {
    let box = Box()
    state = LuaState(
      LuaHandlers(
        call: { box.host?.answer(Function(rawValue: $0)!, $1, $2) ?? .nothing },
        resumed: { _ in box.host?.answers.isEmpty == false ? box.host!.answers.removeFirst() : .nothing },
        interrupted: { box.host?.interruption ?? .nothing },
        released: { box.host?.events.append("released \($0.handle)") }))
    box.host = self
    try state.openLibraries(ignoringEnvironment: ignoringEnvironment)
    for function in [Function.pause, .echo, .fail, .object] {
      try state.define("\(function)", function: function.rawValue)
    }
    try state.define(
      type: LuaState.ObjectType(
        type: 7, name: "thing", methods: [("describe", Function.describe.rawValue)],
        getter: Function.readObject.rawValue, closer: Function.closeObject.rawValue,
        text: Function.describe.rawValue))
  }

  deinit { state.close() }

  private final class Box { weak var host: TestHost? }

  private func answer(_ function: Function, _ arguments: [LuaValue], _ isBlocked: Bool) -> LuaAnswer {
    received.append(arguments)
    switch function {
    case .pause: return isCancelled && !isBlocked ? .cancel : .suspend
    case .echo: return .values(arguments)
    case .fail: return .raise(arguments.first ?? .nil)
    case .object: return .values([.object(LuaObject(type: 7, handle: UInt64(arguments[0].int!)))])
    case .readObject: return .values([.text("field " + arguments[1].text!)])
    case .describe: return .values([.text("a thing")])
    case .closeObject:
      events.append("closed")
      return .nothing
    }
  }

  func task(_ source: String, _ arguments: [LuaValue] = []) throws -> LuaTask {
    try state.makeTask(state.load(Array(source.utf8), name: "=test"), arguments)
  }

  /// Runs a chunk to its end, each wait answered by the next of `answers`.
  func run(_ source: String, _ arguments: [LuaValue] = []) throws -> [LuaValue] {
    let task = try task(source, arguments)
    while true {
      switch state.resume(task) {
      case .waiting: continue
      case .finished(let values): return values
      case .failed(let error): throw error
      case .cancelled: throw LuaError(message: "CANCELLED")
      }
    }
  }
}
