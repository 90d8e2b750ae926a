import Glibc
import Testing

@testable import Runtime

extension SandboxTests {
  /// What a sandbox leaves as it is, and what it leaves behind.
  @Suite(.serialized) struct RunTests {
    /// A project in a folder of its own.
    private struct Place {
      let folder: RangeFolder
      let scratch: ScratchFolder
      let user: SandboxCase

      var project: String { folder.path + "/project" }

      init(_ user: SandboxCase) throws {
        try #require(user.isPossible, "\(SandboxSupport.current().sentences)")
        self.user = user
        scratch = try ScratchFolder()
        folder = try RangeFolder(for: user)
        let made = try ProgramRun(
          user.prefix + [
            "mkdir", "-p", "\(folder.path)/project/src", "\(folder.path)/home/.ssh", "\(folder.path)/outside",
          ],
          in: scratch.path)
        try #require(made.exitCode == 0, "\(made.talk)")
      }

      func run(
        _ command: [String], policy: [String] = ["--preset", "workspace"], mode: String? = nil, before: [String] = []
      ) throws -> ProgramRun {
        let options = ["--cwd", project, "--home", folder.path + "/home"] + user.options
        let words = user.prefix + before + [SandboxCase.launcher, "launch"] + options + policy + ["--"] + command
        return try ProgramRun(
          words, in: scratch.path, environment: [SandboxLaunch.variable: mode ?? user.means], seconds: 180)
      }

      func shell(_ line: String, policy: [String] = ["--preset", "workspace"]) throws -> ProgramRun {
        try run(["/bin/sh", "-c", line], policy: policy)
      }

      func exists(_ name: String) -> Bool { access("\(folder.path)/\(name)", F_OK) == 0 }
    }

    @Test(arguments: SandboxCase.all) func exitCodesAndSignalsAreToldAsTheyAre(_ user: SandboxCase) throws {
      let place = try Place(user)
      for code in [0, 1, 7, 126, 128, 200, 255] {
        #expect(try place.shell("exit \(code)").exitCode == code)
      }
      for signal in [SIGTERM, SIGKILL, SIGSEGV, SIGPIPE] {
        let done = try place.shell("kill -\(signal) $$")
        #expect(done.exitCode == 128 + signal, "\(done.talk)")
        #expect(done.talk.contains("ended by signal \(signal)"), "\(done.talk)")
      }
    }

    @Test(arguments: SandboxCase.all) func ordinaryWorkGoesOn(_ user: SandboxCase) throws {
      let place = try Place(user)
      // Without namespaces there are no sockets at all.
      let hasLoopback = user.options.isEmpty
      let done = try place.shell(
        """
        set -e
        echo 'int main(void) { return 0; }' > src/main.c
        mkdir -p src/out && mv src/main.c src/out/main.c && ln -s main.c src/out/link.c && cat src/out/link.c >/dev/null
        file=$(mktemp) && echo text > "$file" && grep -q text "$file"
        printf '3\\n1\\n2\\n' | sort | tr -d '\\n'
        echo to-null > /dev/null; head -c 8 /dev/urandom | wc -c
        (exit 3) || echo code $?
        python3 -I -c 'import socket, subprocess
        \(hasLoopback ? "s = socket.create_server((\"127.0.0.1\", 0)); socket.create_connection(s.getsockname())" : "")
        a, b = socket.socketpair(); a.send(b"x"); assert b.recv(1) == b"x"
        assert subprocess.run(["cat"], input=b"pipe", capture_output=True).stdout == b"pipe"'
        \(user.isOther ? "" : "echo by-name >> /dev/stdout")
        """)
      #expect(done.exitCode == 0, "\(done.talk)")
      #expect(
        done.output == "1238\ncode 3\n" + (user.isOther ? "" : "by-name\n"), "\(done.output)\(done.talk)")
    }

    @Test(arguments: SandboxCase.all) func temporaryFilesAreTheJobsOwnAndGoWithIt(_ user: SandboxCase) throws {
      let place = try Place(user)
      let secret = try place.scratch.write("of somebody else", to: "secret")
      let done = try place.shell("cat \(secret); echo mine > $TMPDIR/mine && cat $TMPDIR/mine && echo $TMPDIR")
      #expect(done.output.hasPrefix("mine\n") && !done.output.contains("somebody"))
      let folder = done.output.split(separator: "\n").last.map(String.init) ?? ""
      #expect(access(folder == "/tmp" ? "/tmp/mine" : folder, F_OK) != 0)
    }

    @Test(arguments: SandboxCase.usual) func whatCannotBeConfinedIsNotRun(_ user: SandboxCase) throws {
      let place = try Place(user)
      // Inside Landlock nothing can be mounted, so bwrap does not work there.
      let inner = [
        "env", "\(SandboxLaunch.variable)=bwrap", SandboxCase.launcher, "launch", "--preset", "workspace", "--",
        "/bin/touch", "src/ran",
      ]
      let nested = try place.run(inner, mode: "landlock")
      #expect(nested.exitCode == 126, "\(nested.talk)")
      #expect(nested.talk.contains("the job cannot be confined, so it is not run: /usr/bin/bwrap does not work here:"))
      #expect(nested.talk.contains("install bubblewrap (apt-get install bubblewrap)"))
      let misnamed = try place.run(["/bin/touch", "src/ran"], mode: "none")
      #expect(misnamed.exitCode == 126 && misnamed.talk.contains("must be \"bwrap\" or \"landlock\""))
      let missing = try place.run(["/bin/touch", "src/ran"], policy: ["--write", "no-such-folder"])
      #expect(missing.exitCode == 126 && missing.talk.contains("'no-such-folder' is not there"))
      #expect(!place.exists("project/src/ran"))
    }

    @Test(arguments: SandboxCase.usual) func aProgramThatTheSandboxHidesIsNamed(_ user: SandboxCase) throws {
      let place = try Place(user)
      let program = place.project + "/src/program"
      let made = try place.shell("printf '#!/bin/sh\\necho ran\\n' > src/program && chmod +x src/program")
      #expect(made.exitCode == 0)
      #expect(try place.run([program]).output == "ran\n")
      let hidden = try place.run([program], policy: ["--read-nothing"])
      #expect(hidden.exitCode == 126 && hidden.talk.contains("'\(program)' cannot be seen in the sandbox"))
      let gone = try place.run(["/no/such/program"])
      #expect(gone.exitCode == 126 && !gone.output.contains("ran"))
    }

    @Test(arguments: SandboxCase.all) func aPoliteSignalReachesTheCommandAndLetsItFinish(_ user: SandboxCase) throws {
      let place = try Place(user)
      let started = place.project + "/src/started"
      let line = "trap 'sleep 0.3; echo tidied; exit 5' TERM; touch src/started; while :; do sleep 0.05; done"
      let done = try place.shell(line, policy: ["--preset", "workspace", "--terminate-when", started])
      #expect(done.exitCode == 5 && done.output == "tidied\n", "\(done.exitCode) \(done.talk)")
    }

    @Test(arguments: SandboxCase.all.filter { $0.mode == "bwrap" })
    func nothingSurvivesBubblewrap(_ user: SandboxCase) throws {
      let place = try Place(user)
      let leave =
        "setsid sh -c 'while :; do date +%N > src/beat; sleep 0.02; done' & while [ ! -s src/beat ]; do sleep 0.01; done"
      // The command ends; the process that is bwrap is killed; the process that started it is killed.
      #expect(try place.shell(leave + "; exit 3").exitCode == 3)
      try expectSilence(place)
      let started = place.project + "/src/started"
      let killed = try place.shell(
        leave + "; touch src/started; sleep 60", policy: ["--preset", "workspace", "--kill-when", started])
      #expect(killed.exitCode == 128 + SIGKILL)
      try expectSilence(place)
      _ = try place.run(
        ["/bin/sh", "-c", "rm -f src/beat; \(leave); touch src/up; sleep 60"],
        before: ["sh", "-c", "\"$@\" & while [ ! -e \(place.project)/src/up ]; do sleep 0.01; done; kill -9 $!", "sh"])
      try expectSilence(place)
    }

    /// Waits until the file that a process writes again and again stays as it is.
    private func expectSilence(_ place: Place) throws {
      let beat = place.project + "/src/beat"
      for _ in 0..<100 {
        let before = TestFile.text(beat)
        usleep(100_000)
        if TestFile.text(beat) == before {
          unlink(beat)
          return
        }
      }
      Issue.record("a process of the sandbox goes on")
    }

    @Test(arguments: SandboxCase.all) func whatStandsForAFolderThatIsNotThereGoesWithTheLastJob(_ user: SandboxCase)
      throws
    {
      let place = try Place(user)
      // One that a killed process left behind.
      _ = try ProgramRun(user.prefix + ["mkdir", "-m", "1500", place.project + "/.git"], in: place.scratch.path)
      let line = "for i in 1 2 3 4 5 6 7 8; do (\"$@\" || echo BROKEN) & done; wait"
      let done = try place.run(
        [
          "/bin/sh", "-c",
          "for i in 1 2 3 4 5 6; do mkdir .git/hooks 2>/dev/null && echo MADE; mkdir .agentscript/x 2>/dev/null && echo MADE; sleep 0.0$$; done",
        ],
        before: ["sh", "-c", line, "sh"])
      #expect(done.exitCode == 0 && done.output == "", "\(done.output) \(done.talk)")
      #expect(!place.exists("project/.agentscript"))
      #expect(!place.exists("project/.git") || user.means == "landlock", "only bwrap needs them")
    }

    /// Without bwrap what a job leaves behind is the engine's to end, and nothing is covered.
    @Test(arguments: SandboxCase.all.filter { $0.mode == "bwrap" })
    func noProcessIsQuickEnoughToSeeWhatWasCovered(_ user: SandboxCase) throws {
      let place = try Place(user)
      let line =
        "for i in 1 2 3 4; do (while :; do mkdir .git && echo evil > .git/config; done) 2>/dev/null & done; sleep 0.02"
      for _ in 0..<25 {
        #expect(try place.shell(line).exitCode == 0)
        try #require(!place.exists("project/.git"))
      }
    }

    @Test(arguments: SandboxCase.all) func aLinkThatIsSwappedDuringTheStartOpensNothing(_ user: SandboxCase) throws {
      let place = try Place(user)
      let swap = """
        import os, sys, threading, subprocess
        project, outside, words = sys.argv[1], sys.argv[2], sys.argv[3:]
        os.makedirs(project + "/real", exist_ok=True)
        stop = threading.Event()
        def loop():
            while not stop.is_set():
                for target in ("real", outside):
                    os.symlink(target, project + "/next")
                    os.rename(project + "/next", project + "/sub")
        os.symlink("real", project + "/sub")
        thread = threading.Thread(target=loop)
        thread.start()
        runs = 0
        for turn in range(50):
            runs += subprocess.run(words, stderr=subprocess.DEVNULL).returncode == 0
        stop.set()
        thread.join()
        print(len(os.listdir(outside)), runs > 0)
        """
      let done = try place.run(
        [
          "/bin/sh", "-c",
          "for f in sub/evil \(place.project)/sub/evil \(place.folder.path)/outside/evil; do (echo x > $f) 2>/dev/null; done; true",
        ],
        policy: ["--write", "sub"],
        before: ["/usr/bin/python3", "-c", swap, place.project, place.folder.path + "/outside"])
      #expect(done.output == "0 True\n", "\(done.output) \(done.talk)")
    }
  }
}
