// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Sends real signals with the system's {@code kill}, which the JDK cannot do. */
final class Signals {
    private Signals() {}

    /** Says early, and in words, that the demo cannot run here. */
    static void requireKill() {
        send("-0", ProcessHandle.current().pid());
    }

    static void send(String signal, long pid) {
        try {
            Process kill = new ProcessBuilder("kill", signal, Long.toString(pid))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!kill.waitFor(5, TimeUnit.SECONDS)) {
                kill.destroyForcibly();
                throw new DemoException("kill " + signal + " " + pid + " does not end");
            }
            if (kill.exitValue() != 0) {
                throw new DemoException("kill " + signal + " " + pid + " failed: exit code " + kill.exitValue());
            }
        } catch (IOException e) {
            throw new DemoException("the demo sends signals with the command 'kill', which is not on the PATH", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DemoException("interrupted", e);
        }
    }
}
