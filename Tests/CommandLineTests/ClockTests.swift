import Foundation
import Testing

/// A wall clock that a test sets, for programs that it starts: a library that is loaded before the C library, and adds the
/// seconds in a file to the time of day. Everything else that measures time is left alone, as it is when a clock is set.
///
/// Not libfaketime, which takes the deadlines of monotonic timers (timerfd) for times of day.
private enum FakeClock {
  private static let source = #"""
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <fcntl.h>
    #include <stdlib.h>
    #include <sys/time.h>
    #include <time.h>
    #include <unistd.h>
    static long offset(void) {
      char text[32] = {0};
      int file = open(getenv("CLOCK_OFFSET_FILE"), O_RDONLY | O_CLOEXEC);
      if (file < 0) return 0;
      (void)!read(file, text, sizeof text - 1);
      close(file);
      return atol(text);
    }
    int clock_gettime(clockid_t clock, struct timespec *time) {
      static int (*real)(clockid_t, struct timespec *);
      if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
      int result = real(clock, time);
      if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += offset();
      return result;
    }
    int gettimeofday(struct timeval *restrict time, void *restrict zone) {
      struct timespec now;
      (void)zone;
      if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
      *time = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
      return 0;
    }
    time_t time(time_t *result) {
      struct timespec now = {0};
      clock_gettime(CLOCK_REALTIME, &now);
      if (result) *result = now.tv_sec;
      return now.tv_sec;
    }
    """#

  /// The library's path; nil without a C compiler, and where programs are protected against such libraries.
  static let library: String? = {
    #if os(Linux)
      let program = Program()
      // Beside the program, where the next run of the tests writes it anew.
      let path = Program.path + "-clock.so"
      let line = "$(command -v cc || command -v clang || command -v gcc) -shared -fPIC -O1 -x c -o '\(path)' - -ldl"
      let result = program.run(input: source, through: line)
      return result.code == 0 ? path : nil
    #else
      return nil
    #endif
  }()

  /// Lines for sh; what runs after them goes by the clock, which is off by what the file `clock` says.
  static var lines: String {
    "echo 0 > clock\nexport LD_PRELOAD='\(library ?? "")' CLOCK_OFFSET_FILE=\"$PWD/clock\"\n"
  }
}

/// The wall clock jumps by a day, to and fro, while scripts run: it decides nothing.
@Suite(.enabled(if: FakeClock.library != nil, "there is no C compiler")) struct ClockTests {
  @Test func noJobTimesOutAndNoDurationIsWrong() {
    let program = Program()
    program.write(
      "jump.lua",
      """
      local time = require "time"
      local function jump(offset) local file <close> = assert(io.open("clock", "w")); file:write(offset) end
      local start, before = time.monotonic(), os.time()
      local function job(name, command)
        return spawn { name = name, command = command, timeout = "60s", idle_timeout = "30s", retries = 1, retry_delay = "100ms" }
      end
      local jobs = {}
      for i = 1, 4 do jobs[i] = job("short" .. i, "sleep 1; echo done") end
      jobs[5] = job("again", "sleep 0.5; test -e tried || { touch tried; exit 1; }")
      jobs[6] = spawn { name = "fn", timeout = "60s", fn = function() sleep("1s"); return "done" end }
      local group = async(task_group, {
        { id = "a", command = "sleep 0.7" }, { id = "b", command = "sleep 0.7", dependencies = { "a" } },
      }, { timeout = "60s" })
      local limited = async(timeout, "60s", function() sleep("1s"); return "in time" end)
      sleep("300ms")
      jump(86400)
      assert(os.time() - before > 80000, "the clock of the test jumps")
      sleep("300ms")
      jump(-86400)
      assert(os.time() - before < -80000, "and back")
      for _, result in ipairs(wait(jobs, "60s")) do
        assert(result.success, tostring(result))
        assert(result.duration_ms >= 400 and result.duration_ms < 60000, result.name .. ": " .. result.duration_ms)
      end
      assert(wait(group).success and wait(limited) == "in time")
      jump(0)
      local slept = time.monotonic()
      sleep("200ms")
      assert(time.monotonic() - slept >= 200 and time.monotonic() - start < 60000)
      """)
    let result = program.run("jump.lua", through: FakeClock.lines + "exec \"$0\" \"$@\"")
    #expect(result.code == 0, "\(result.errors)")
    let jobs = program.run("jobs", "--all", "--json")
    #expect(jobs.text.contains("short1") && !jobs.text.contains("timed_out"), "\(jobs.text)")
  }

  @Test func agesAreNeverNegativeAndTheOrderIsThatOfTheEvents() {
    let program = Program()
    let line =
      FakeClock.lines + """
        mkfifo open
        "$0" -e 'task { name = "first", command = "true" }'
        echo -86400 > clock
        "$0" -e 'task { name = "second", command = "true" }'
        echo 86400 > clock
        "$0" -e 'task { name = "third", command = "echo ready > open; sleep 60" }' & run=$!
        read ready < open
        while ! "$0" jobs --status running | grep -q third; do sleep 0.05; done
        for offset in 0 -86400 -172800 259200; do echo $offset > clock; "$0" jobs --all; "$0" show third; done
        "$0" jobs --all -q
        "$0" kill third --timeout 60s || exit 9
        echo -172800 > clock
        "$0" jobs --all
        wait $run
        exit 0
        """
    let result = program.run(through: line)
    #expect(result.code == 0, "\(result.errors)")
    let lines = result.text.split(separator: "\n")
    #expect(lines.contains { $0.contains("third") && $0.contains("running") })
    #expect(lines.contains { $0.contains("first") && $0.contains("d ago") })
    let negative = /(^|\s)-\d+(\.\d)?(ms|s|m|h|d)\b/
    #expect(lines.filter { $0.firstMatch(of: negative) != nil } == [])
    let ids = lines.filter { !$0.contains(" ") }.map { $0.split(separator: "-").first ?? "" }
    #expect(ids == ["third", "second", "first"])
  }
}
