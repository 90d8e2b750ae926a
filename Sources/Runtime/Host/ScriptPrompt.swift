internal import LuaBindings
internal import Synchronization

/// How the prompt reads: line editing lives above this layer, on threads of its own.
public struct ScriptPrompt: Sendable {
  /// What came of a read.
  public enum Event: Sendable, Hashable {
    /// A line without its line end, as bytes.
    case line([UInt8])
    case end
    /// Ctrl-C: the line was given up.
    case interrupted
    /// The Tab key, with the cursor after so many bytes of the line.
    case completion(line: [UInt8], cursor: Int, columns: Int)
  }

  /// Receives one event, on any thread.
  public typealias Receiver = @Sendable (Event) -> Void

  /// Reads a line behind the prompt.
  public var read: @Sendable (_ prompt: [UInt8], @escaping Receiver) -> Void
  /// Answers a completion, and goes on reading.
  public var answer: @Sendable (_ insert: [UInt8]?, _ listing: [UInt8]?, @escaping Receiver) -> Void
  /// Puts an entry into the history.
  public var remember: @Sendable ([UInt8]) -> Void
  /// Gives up the line that is being read.
  public var interrupt: @Sendable () -> Void
  /// The terminal's width in columns.
  public var columns: @Sendable () -> Int
  /// A person types.
  public var isTerminal: Bool

  /// A prompt.
  public init(
    read: @escaping @Sendable ([UInt8], @escaping Receiver) -> Void,
    answer: @escaping @Sendable ([UInt8]?, [UInt8]?, @escaping Receiver) -> Void,
    remember: @escaping @Sendable ([UInt8]) -> Void, interrupt: @escaping @Sendable () -> Void,
    columns: @escaping @Sendable () -> Int, isTerminal: Bool
  ) {
    self.read = read
    self.answer = answer
    self.remember = remember
    self.interrupt = interrupt
    self.columns = columns
    self.isTerminal = isTerminal
  }

  static let moduleName = "agentscript.prompt"

  /// The functions that stdlib/agentscript/repl.lua asks for.
  func define(on host: ScriptHost) throws(LuaError) {
    let prompt = self
    try host.define("readline", in: ScriptPrompt.moduleName) { host, call throws(HostFailure) in
      try call.mustWait()
      return host.awaitEvent { receiver in prompt.read(LuaText.describe(call[0]), receiver) }
    }
    try host.define("answer", in: ScriptPrompt.moduleName) { host, call throws(HostFailure) in
      try call.mustWait()
      let texts = [call[0], call[1]].map { value in value.isNil ? nil : LuaText.describe(value) }
      return host.awaitEvent { receiver in prompt.answer(texts[0], texts[1], receiver) }
    }
    try host.define("remember", in: ScriptPrompt.moduleName) { _, call throws(HostFailure) in
      prompt.remember(LuaText.describe(call[0]))
      return .nothing
    }
    try host.define("is_terminal", in: ScriptPrompt.moduleName) { _, _ throws(HostFailure) in
      .value(.boolean(prompt.isTerminal))
    }
    try host.define("columns", in: ScriptPrompt.moduleName) { _, _ throws(HostFailure) in
      .value(.integer(Int64(prompt.columns())))
    }
  }
}

extension ScriptHost {
  /// Suspends the calling task until the prompt has an event.
  fileprivate func awaitEvent(_ start: (@escaping ScriptPrompt.Receiver) -> Void) -> HostOutcome {
    let (number, wait) = expectAnswer(), gate = gate
    gate.interrupts.store(0, ordering: .relaxed)
    gate.isPrompting.store(true, ordering: .releasing)
    start { event in
      gate.isPrompting.store(false, ordering: .releasing)
      gate.post(.answer(number) { _ throws(HostFailure) in .values(event.values) })
    }
    return .wait(wait, until: nil)
  }
}

extension ScriptPrompt.Event {
  fileprivate var values: [LuaValue] {
    switch self {
    case .line(let bytes): ["line", .string(bytes)]
    case .end: ["end"]
    case .interrupted: ["interrupted"]
    case .completion(let line, let cursor, let columns):
      ["complete", .string(line), .integer(Int64(cursor)), .integer(Int64(columns))]
    }
  }
}
