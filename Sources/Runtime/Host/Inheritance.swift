internal import CProcess

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What this process does not take over from whoever started it.
public enum Inheritance {
  /// To be called once, before there is a second thread.
  ///
  /// - No core file (core(5)): providers' keys are in the memory of this process and of its guardian. Jobs get the limit that was
  ///   there before; what a script starts by `os.execute` or `io.popen` has to raise its own (`ulimit -c`).
  /// - No blocked signals: a thread of a pool has them blocked, and hands that on to what it starts; then nothing but KILL would
  ///   end a run. Ignored ones stay ignored (nohup).
  public static func settle() {
    cprocess_forbid_core()
    var none = sigset_t()
    sigemptyset(&none)
    sigprocmask(SIG_SETMASK, &none, nil)
  }
}
