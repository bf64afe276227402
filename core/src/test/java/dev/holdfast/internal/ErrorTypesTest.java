// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.BufferOverflowException;
import java.nio.BufferUnderflowException;
import java.nio.ReadOnlyBufferException;
import java.time.DateTimeException;
import java.util.ConcurrentModificationException;
import java.util.EmptyStackException;
import java.util.InputMismatchException;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ErrorTypesTest {
    private static final List<Throwable> OF_MANY_CLASSES = List.of(
            new ArithmeticException(),
            new ArrayIndexOutOfBoundsException(),
            new ArrayStoreException(),
            new BufferOverflowException(),
            new BufferUnderflowException(),
            new ClassCastException(),
            new ConcurrentModificationException(),
            new DateTimeException(""),
            new EmptyStackException(),
            new EOFException(),
            new FileNotFoundException(),
            new IllegalArgumentException(),
            new IllegalMonitorStateException(),
            new IllegalStateException(),
            new IndexOutOfBoundsException(),
            new InputMismatchException(),
            new IOException(),
            new NegativeArraySizeException(),
            new NoSuchElementException(),
            new NullPointerException(),
            new NumberFormatException(),
            new ReadOnlyBufferException(),
            new SecurityException(),
            new StringIndexOutOfBoundsException(),
            new TimeoutException(),
            new UnsupportedOperationException());

    @Test
    @DisplayName("OB-6 twenty classes have names of their own, also if threads bring them at the same time")
    void threads() throws Exception {
        int threads = 4;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            for (int round = 0; round < 2_000; round++) {
                ErrorTypes types = ErrorTypes.create();
                Set<String> names = ConcurrentHashMap.newKeySet();
                CyclicBarrier together = new CyclicBarrier(threads);
                List<? extends Future<?>> all = IntStream.range(0, threads)
                        .mapToObj(number -> pool.submit(() -> {
                            together.await();
                            int size = OF_MANY_CLASSES.size();
                            for (int i = 0; i < size; i++) {
                                names.add(types.of(OF_MANY_CLASSES.get((i + number * 7) % size)));
                            }
                            return null;
                        }))
                        .toList();
                for (Future<?> each : all) {
                    each.get();
                }
                assertThat(names).hasSize(21).contains(ErrorTypes.OTHER);
                assertThat(names).allSatisfy(name -> assertThat(name).isNotBlank());
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    @DisplayName("OB-6 a class keeps the name that it had")
    void keepsItsName() {
        ErrorTypes types = ErrorTypes.create();
        List<String> first = OF_MANY_CLASSES.stream().map(types::of).toList();
        assertThat(OF_MANY_CLASSES.stream().map(types::of)).containsExactlyElementsOf(first);
        assertThat(types.of(new IOException() {})).isEqualTo(ErrorTypes.OTHER);
    }
}
