import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/** The processor time that processes have used, as /proc reports it (Linux). */
final class Processes {
    private Processes() {}

    /** Of a process and all that it started, in seconds. */
    static double cpuSeconds(long root) throws IOException {
        Map<Long, Long> parents = new HashMap<>();
        Map<Long, Long> ticks = new HashMap<>();
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            for (Path one : all.filter(path -> path.getFileName().toString().matches("\\d+")).toList()) {
                try {
                    String stat = Files.readString(one.resolve("stat"));
                    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
                    long pid = Long.parseLong(one.getFileName().toString());
                    parents.put(pid, Long.parseLong(fields[1]));
                    ticks.put(pid, Long.parseLong(fields[11]) + Long.parseLong(fields[12]) + Long.parseLong(fields[13])
                            + Long.parseLong(fields[14]));
                } catch (IOException e) {
                    // It has ended by now.
                }
            }
        }
        long sum = 0;
        for (long pid : ticks.keySet()) {
            for (long up = pid; up > 1; up = parents.getOrDefault(up, 0L)) {
                if (up == root) {
                    sum += ticks.get(pid);
                    break;
                }
            }
        }
        return sum / 100.0;
    }

    /** The load averages, to be printed beside what was measured. */
    static String load() throws IOException {
        return Files.readString(Path.of("/proc/loadavg")).replaceAll(" \\d+/.*", "").strip();
    }
}
