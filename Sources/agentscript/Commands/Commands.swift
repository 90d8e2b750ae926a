internal import ArgumentParser
import Configuration
import Jobs
import Runtime

/// The commands as a whole: parses, runs, and tells what went wrong.
enum Commands {
  /// Runs the command that the words after the program's name ask for.
  static func run(_ words: [String]) -> Int32 {
    do {
      var command = try RootCommand.parseAsRoot(RunCommand.separatingScript(in: words))
      try command.run()
      return ExitStatus.ok.rawValue
    } catch let failure as CommandFailure {
      return tell(failure)
    } catch let error as RegistryError {
      return tell(CommandFailure(error))
    } catch let error as OutputError {
      return tell(CommandFailure(error))
    } catch let error as SettingsError {
      return tell(CommandFailure(message: TerminalText.line(error.description), status: .usage))
    } catch let error as StandardStream.WriteError {
      return lost(error).rawValue
    } catch let end as CommandEnd {
      return end.code
    } catch {
      return answer(error, words).rawValue
    }
  }

  private static func tell(_ failure: CommandFailure) -> Int32 {
    StandardStream.error.talk("agentscript: \(failure.message)\n")
    return failure.status.rawValue
  }

  /// Help and versions are answers; everything else that the parser throws is a mistake on the command line.
  private static func answer(_ error: any Error, _ words: [String]) -> ExitStatus {
    guard RootCommand.exitCode(for: error) != .success else {
      do {
        try StandardStream.output.write(RootCommand.fullMessage(for: error) + "\n")
        return .ok
      } catch {
        return lost(error)
      }
    }
    let command = words.first.flatMap { CommandWord.known.contains($0) ? " \($0)" : nil } ?? ""
    let message = TerminalText.line(RootCommand.message(for: error))
    StandardStream.error.talk("agentscript: \(message) (see 'agentscript\(command) --help')\n")
    return .usage
  }

  private static func lost(_ error: StandardStream.WriteError) -> ExitStatus {
    switch error {
    case .closed: return .brokenPipe
    case .system(let number):
      StandardStream.error.talk("agentscript: cannot write the output: \(SystemText.of(number))\n")
      return .failed
    }
  }
}

/// A command that has said everything and ends with a code of its own.
struct CommandEnd: Error, Hashable {
  let code: Int32

  init(_ status: ExitStatus) { code = status.rawValue }
}

/// The form of a command: its words are checked by the parser, its work is `run`.
struct RootCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agentscript",
    abstract: "Runs Lua scripts that start commands and agents in parallel, and keeps an honest record of each.",
    usage: """
      agentscript [-E] [-W] [-i] [-v] [-l MODULE] [-e CODE] [FILE|-] [ARGUMENTS...]
      agentscript COMMAND [OPTIONS]
      """,
    discussion: """
      Without arguments: a prompt on a terminal, a script from standard input elsewhere. The options before FILE are \
      those of lua 5.4. A script named like a command is run by its path: agentscript ./run

      Examples:
        agentscript deploy.lua production
        agentscript run --timeout 30m --max-concurrency 4 deploy.lua
        agentscript -e 'print(task{command = "uname"}.output)'
        agentscript jobs
        agentscript logs -f build

      Exit codes: 0 done, 1 failed, 2 a mistake on the command line, 3 parked, 124 timed out, 130 interrupted, 143 terminated.
      """,
    version: "agentscript \(ProgramVersion.text)",
    subcommands: [
      RunCommand.self, SpawnCommand.self, JobsCommand.self, ShowCommand.self, LogsCommand.self, ResultsCommand.self,
      WaitCommand.self, AgentsCommand.self,
      KillCommand.self, DecisionsCommand.self, AnswerCommand.self, CostsCommand.self, RouteCommand.self,
      RemoveCommand.self, PruneCommand.self, ConfigCommand.self, TrustCommand.self, DoctorCommand.self,
      CompletionsCommand.self,
    ])
}
