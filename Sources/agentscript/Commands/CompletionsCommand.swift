internal import ArgumentParser

/// `agentscript completions`: the script that completes our command line in a shell.
struct CompletionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completions",
    abstract: "Writes the completion script of a shell to standard output.",
    discussion: """
      Examples:
        agentscript completions bash > ~/.local/share/bash-completion/completions/agentscript
        agentscript completions zsh > ~/.zfunc/_agentscript
        agentscript completions fish > ~/.config/fish/completions/agentscript.fish
      """)

  enum Shell: String, ExpressibleByArgument, CaseIterable {
    case bash, zsh, fish
  }

  @Argument(help: "The shell: bash, zsh or fish.")
  var shell: Shell

  func run() throws {
    let script =
      switch shell {
      case .bash: CompletionScript.bash()
      case .zsh: CompletionScript.zsh()
      case .fish: CompletionScript.fish()
      }
    try StandardStream.output.write(script + "\n")
  }
}
