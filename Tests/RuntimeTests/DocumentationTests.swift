import Testing

/// The Lua blocks of the documentation, run as scripts. A block marked `lua norun` is left out.
@Suite struct DocumentationTests {
  @Test(arguments: ScriptCase.documentation) func anExampleOfTheDocumentationRuns(_ script: ScriptCase) throws {
    try script.check()
  }

  @Test func thereAreExamples() { #expect(ScriptCase.documentation.count > 20) }
}

extension ScriptCase {
  /// The blocks of README.md and docs/*.md.
  static let documentation: [ScriptCase] = {
    let pages = TestFile.names(in: repository + "/docs").filter { $0.hasSuffix(".md") }.sorted().map { "docs/" + $0 }
    return (["README.md"] + pages).flatMap { page in
      blocks(of: TestFile.text("\(repository)/\(page)")).map { line, text in
        ScriptCase(topic: page, name: "line \(line)", source: .text(text))
      }
    }
  }()

  /// The contents of the ```lua blocks of a page, with the numbers of their first lines.
  private static func blocks(of page: String) -> [(line: Int, text: String)] {
    var blocks: [(line: Int, text: String)] = []
    var open: (line: Int, text: String)?
    for (index, line) in page.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if let block = open {
        if line == "```" {
          blocks.append(block)
          open = nil
        } else {
          open = (block.line, block.text + line + "\n")
        }
      } else if line == "```lua" {
        open = (index + 2, "")
      }
    }
    return blocks
  }
}
