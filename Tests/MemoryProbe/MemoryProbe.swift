import Agents

/// Adds to a memory: `MemoryProbe FILE WORD COUNT` writes entries `WORD 1` to `WORD COUNT`.
@main
enum MemoryProbe {
  static func main() async throws {
    let words = CommandLine.arguments
    guard words.count == 4, let count = Int(words[3]) else { return }
    let memory = AgentMemory(path: words[1])
    for number in 1...count { try await memory.append("\(words[2]) \(number)", by: words[2]) }
  }
}
