internal import CProcess

/// What a crash would write of this process's memory (core(5)).
public enum CoreFile {
  /// Has this process write none: providers' keys are in its memory, and in that of its guardian. Jobs get the limit that was
  /// there before; what a script starts by `os.execute` or `io.popen` has to raise its own (`ulimit -c`). To be called once,
  /// before there is a second thread.
  public static func forbid() { cprocess_forbid_core() }
}
