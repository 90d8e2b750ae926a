import Jobs
import Testing

/// The completion script in a real bash, which every test machine has.
@Suite struct CompletionTests {
  private let program = Program()

  /// What the Tab key offers after these words, the last of which is being written.
  private func offers(_ words: String...) -> [String] {
    program.write("completions.bash", program.run("completions", "bash").text)
    program.write(
      "ask.bash",
      """
      source ./completions.bash
      agentscript() { "$PROGRAM" "$@"; }
      COMP_WORDS=(\(words.joined(separator: " ")))
      COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
      COMP_LINE="${COMP_WORDS[*]}"
      COMP_POINT=${#COMP_LINE}
      _agentscript agentscript "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
      printf '%s\\n' "${COMPREPLY[@]}"
      """)
    let result = program.run(through: "PROGRAM=\"$0\" bash ./ask.bash")
    #expect(result.errors.isEmpty)
    return result.text.split(separator: "\n").map { String($0.drop { $0 == " " }) }
  }

  @Test func theFirstWordIsACommandOrAScript() {
    program.write("deploy.lua", "")
    program.write("resume.txt", "")
    #expect(offers("agentscript", "jo") == ["jobs"])
    #expect(offers("agentscript", "dep") == ["deploy.lua"])
    #expect(offers("agentscript", "res") == ["results"])
  }

  @Test func whatFollowsAScriptIsTheScriptsOwn() {
    program.write("notes.txt", "")
    #expect(offers("agentscript", "deploy.lua", "no") == ["notes.txt"])
    #expect(offers("agentscript", "deploy.lua", "jo").isEmpty)
  }

  @Test func jobsAreOfferedByTheirIds() async throws {
    let sample = try SampleJobs(program.state)
    for id in ["build-1", "build-2", "test-1"] { try await sample.ended(id) }
    #expect(offers("agentscript", "show", "bu").sorted() == ["build-1", "build-2"])
    #expect(offers("agentscript", "kill", "te") == ["test-1"])
  }

  @Test(arguments: [("zsh", "_files -g '*.lua'"), ("fish", "-F\n")])
  func theOtherShellsOfferScriptsToo(shell: String, words: String) {
    #expect(program.run("completions", shell).text.contains(words))
  }
}
