import Models
import WireText

/// A call of a tool, and what becomes of it.
struct PlannedCall: Sendable {
  /// What becomes of a call.
  enum Verdict: Sendable {
    /// It is made.
    case run(AgentTool, JSONObject)
    /// It is made if somebody allows it.
    case ask(AgentTool, JSONObject, PermissionQuestion)
    /// It is not made, and this is its result.
    case refuse(String)
  }

  let call: ToolCall
  let verdict: Verdict

  /// True for a call that may run beside others of the same turn.
  var isRead: Bool {
    switch verdict {
    case .run(let tool, _), .ask(let tool, _, _): tool.kind == .reads
    case .refuse: true
    }
  }
}
