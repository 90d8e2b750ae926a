import Models
internal import Synchronization
import WireText

/// An agent's tools for files: `read`, `glob`, `grep`, `edit`, `write`. They work below one folder, and read below some more.
///
/// No path leads out of the folders, by `..`, from the root, or by links, also while somebody changes these. What is named
/// `.agentscript` does not exist for them, and what is named `.git` is not written. One value is for one agent: it remembers which files
/// the agent has read, and in which version.
public struct FileTools: Sendable {
  let scope: FileScope
  let seen = SeenFiles()

  /// Tools below a folder. `readable`: more folders, to be read only. `hidden`: paths that do not exist for them.
  public init(folder: String, readable: [String] = [], hidden: [String] = []) {
    scope = FileScope(folder: folder, readable: readable, hidden: hidden)
  }

  /// Those that only read.
  public var reading: [AgentTool] { [read, glob, grep] }

  /// All of them.
  public var all: [AgentTool] { [read, glob, grep, edit, write] }

  /// Refuses what may not be read, whichever tool would show it.
  static func check(_ place: FileScope.Place, in context: ToolContext) throws(FileScope.Refusal) {
    guard context.maySee(place.shown) else {
      throw FileScope.Refusal("permission denied: '\(place.shown)' may not be read")
    }
  }

  /// A tool by the schema of its arguments' properties, that answers with text or a sentence why not.
  func tool(
    _ name: String, _ kind: ToolKind, _ description: String, _ properties: JSONObject, required: [String],
    run: @escaping @Sendable (ToolInput, ToolContext) async throws(FileScope.Refusal) -> String
  ) -> AgentTool {
    let schema: JSONValue = [
      "type": "object", "properties": .object(properties), "required": .array(required.map { .string($0) }),
      "additionalProperties": false,
    ]
    let scope = scope
    return AgentTool(
      ModelTool(name: name, description: description, schema: schema), kind: kind,
      subject: { input in scope.shown(input["path"]?.string ?? ".") }
    ) { input, context in
      do throws(FileScope.Refusal) {
        return ToolOutcome(try await run(ToolInput(input), context))
      } catch {
        return .failure(error.sentence)
      }
    }
  }
}

/// A tool's arguments, read by name. They were compared with the tool's schema, but tools may be called without that.
struct ToolInput: Sendable {
  private let object: JSONObject

  init(_ object: JSONObject) { self.object = object }

  func text(_ name: String) throws(FileScope.Refusal) -> String {
    guard let text = object[name]?.string else { throw FileScope.Refusal("the argument '\(name)' has to be a string") }
    return text
  }

  func optionalText(_ name: String) -> String? { object[name]?.string }

  func flag(_ name: String) -> Bool { object[name]?.bool ?? false }

  /// A whole number within bounds.
  func number(_ name: String, default standard: Int, in range: ClosedRange<Int>) -> Int {
    guard let number = object[name]?.integer else { return standard }
    return Int(min(max(number, Int64(range.lowerBound)), Int64(range.upperBound)))
  }
}

/// Which files an agent has read or written, in which version.
final class SeenFiles: Sendable {
  private let versions = Mutex<[String: FileVersion]>([:])

  func note(_ place: FileScope.Place, _ version: FileVersion) { versions.withLock { $0[place.path] = version } }

  func version(of place: FileScope.Place) -> FileVersion? { versions.withLock { $0[place.path] } }
}
