internal import Models
internal import WireText

extension AgentMemory {
  /// The tool `append_memory`, by which an agent adds to this memory.
  public func appendTool(by author: String = "") -> AgentTool {
    let memory = self
    let definition = ModelTool(
      name: "append_memory",
      description: """
        Adds an entry to your memory, a file that you are shown at the start of every later task. Keep what will be worth \
        knowing then and is not plain from the files: decisions and their reasons, how things are done here, what failed and \
        why. One fact or a few in short sentences; no progress reports, no secrets. At most \(entryLimit) bytes.
        """,
      schema: [
        "type": "object",
        "properties": ["text": ["type": "string", "description": "The entry, as Markdown without a heading."]],
        "required": ["text"], "additionalProperties": false,
      ])
    // It is the agent's own file: no permission for files is about it, and calls of one turn come one by one.
    return AgentTool(definition, kind: .other, subject: { _ in memory.path }) { arguments, _ in
      guard let text = arguments["text"]?.string else { return .failure("append_memory needs 'text', a string") }
      do throws(MemoryError) {
        try await memory.append(text, by: author)
        return ToolOutcome("kept")
      } catch {
        return .failure(error.description)
      }
    }
  }

  /// What an agent is told of its memory, behind its system prompt; nil if there is nothing to tell.
  public func prompt(limit: Int = 32 << 10) async throws(MemoryError) -> String? {
    guard let text = try await read(limit: limit) else { return nil }
    return """
      Your memory, from the file \(path): notes of earlier tasks. They may be out of date; what you see counts more.

      <memory>
      \(text)
      </memory>
      """
  }
}
