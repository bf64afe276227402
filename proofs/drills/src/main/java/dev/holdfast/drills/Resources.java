// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What this process holds of its machine.
 *
 * @param descriptors what open files, sockets and pipes are, without the JVM's own: jars, devices, selectors
 * @param threads names of live platform threads, without those that a library shares
 */
record Resources(List<String> descriptors, List<String> threads) {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final String OURS = "holdfast-";
    /** Beginnings of the names of threads that a library keeps for all of its users, for a time or with its database. */
    private static final List<String> SHARED = List.of(
            OURS,
            "OkHttp TaskRunner",
            "Okio Watchdog",
            "PostgreSQL-JDBC-",
            "H2-",
            "ForkJoinPool",
            "process reaper",
            "VirtualThread-",
            "MasterPoller",
            "Read-Poller",
            "Write-Poller",
            "Common-Cleaner");

    static boolean canBeCounted() {
        return Files.isDirectory(DESCRIPTORS);
    }

    static Resources now() {
        return new Resources(
                openDescriptors(), names().stream().filter(Resources::isOwn).toList());
    }

    private static boolean isOwn(String thread) {
        return SHARED.stream().noneMatch(thread::startsWith);
    }

    /** What is there as soon as it is no more than before, or at last. */
    static Resources awaitBack(Resources before, long millis) throws InterruptedException {
        long start = System.nanoTime();
        Resources now = now();
        while (!now.isBack(before) && System.nanoTime() - start < millis * 1_000_000) {
            Thread.sleep(50);
            now = now();
        }
        return now;
    }

    boolean isBack(Resources before) {
        return descriptors.size() <= before.descriptors.size() && threads.size() <= before.threads.size();
    }

    /** What is here and was not there before. */
    String beyond(Resources before) {
        return "descriptors " + without(descriptors, before.descriptors) + ", threads "
                + without(threads, before.threads);
    }

    /** How many threads Holdfast has. */
    static int ours() {
        return (int) names().stream().filter(name -> name.startsWith(OURS)).count();
    }

    private static List<String> without(List<String> all, List<String> known) {
        List<String> rest = new ArrayList<>(all);
        known.forEach(rest::remove);
        return rest;
    }

    private static List<String> names() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName).toList();
    }

    private static List<String> openDescriptors() {
        List<String> open = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(DESCRIPTORS)) {
            for (Path each : all) {
                addIfCounted(open, each);
            }
        } catch (IOException e) {
            throw new IllegalStateException("no descriptors to count", e);
        }
        return open;
    }

    private static void addIfCounted(List<String> open, Path descriptor) {
        try {
            String target = Files.readSymbolicLink(descriptor).toString();
            boolean ofTheJvm = target.endsWith(".jar")
                    || target.endsWith("/modules")
                    || target.startsWith("/dev/")
                    || target.startsWith("anon_inode:");
            if (!ofTheJvm) {
                open.add(target);
            }
        } catch (IOException closed) {
            // Meanwhile.
        }
    }
}
