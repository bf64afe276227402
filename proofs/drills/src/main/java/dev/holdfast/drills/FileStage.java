// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.holdfast.Call;
import dev.holdfast.Pipeline;
import dev.holdfast.drills.Attempts.Attempt;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicBoolean;

/** A file that all callers read through one channel: an interrupt would close it for all of them. */
final class FileStage implements Stage {
    /** A stall computes: more of them than processors would only take each other's time. */
    static final int PERMITS = 2;

    private final Attempts attempts;
    private final Path file;

    FileStage(Attempts attempts) throws IOException {
        this.attempts = attempts;
        file = Files.createTempFile("holdfast-drill", ".bytes");
        Files.write(file, "answer ".getBytes(US_ASCII));
    }

    @Override
    public Client open(Pipeline<Object> pipeline) throws IOException {
        return new Readers(pipeline, attempts, FileChannel.open(file, StandardOpenOption.READ));
    }

    @Override
    public void close() throws IOException {
        Files.delete(file);
    }

    /** Reads of the one channel; a stall is a read that begins again and again. */
    private record Readers(Pipeline<Object> pipeline, Attempts attempts, FileChannel shared) implements Client {
        @Override
        public String get(int number) {
            return pipeline.callWith(call -> {
                Attempt attempt = attempts.begin(number, call);
                switch (attempt.fault()) {
                    case FAST:
                    case SLOW:
                        return read(shared) + number;
                    case HANG:
                    case DRIP:
                        attempts.stalls(attempt);
                        return scan(call, attempt);
                    default:
                        throw new IllegalStateException(attempt.toString());
                }
            });
        }

        private String scan(Call call, Attempt attempt) {
            long start = System.nanoTime();
            try {
                // tag: file-channel
                AtomicBoolean enough = new AtomicBoolean();
                call.onAbandon(() -> enough.set(true));
                String last = "";
                while (!enough.get()) {
                    last = read(shared);
                    // end
                    enough.compareAndSet(false, System.nanoTime() - start > Attempts.PATIENCE.toNanos());
                    // tag: file-channel
                }
                // end
                return last;
            } finally {
                attempts.ended(attempt, start);
            }
        }

        private static String read(FileChannel channel) {
            try {
                ByteBuffer bytes = ByteBuffer.allocate(16);
                channel.read(bytes, 0);
                return US_ASCII.decode(bytes.flip()).toString();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() throws IOException {
            shared.close();
        }
    }
}
