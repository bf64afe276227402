// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A key for maps whose keys others choose, such as a user's name, a tenant or the arguments of a call: whoever picks keys with the
 * same hash code does not slow the map down.
 *
 * <p>Java's maps find comparable keys with the same hash code in logarithmic time, and others in linear time: 8,192 records
 * around strings with the same hash code cost seconds. So {@link #of} leaves comparable keys as they are, and wraps those whose
 * equality is made of parts: records, {@link List}, {@link Set}, {@link Map}, {@link Map.Entry} and {@link Optional}, of such or of
 * anything. The wrapper has a hash of 61 bits of the parts, which nobody outside of this JVM can foresee, and an order by it.
 *
 * <p><b>The hash.</b> Numbers, one a part, are the coefficients of a polynomial modulo the prime 2^61 - 1, at a secret point (Carter
 * and Wegman, Universal Classes of Hash Functions, 1979): two different sequences of n numbers have the same hash with a
 * probability of at most n / 2^61, however they were chosen. Strings count by their characters, {@code Long}, {@code Double} and
 * {@code UUID} by their bits, anything else by its {@code hashCode}.
 *
 * <p><b>What it cannot help.</b> Classes of one's own that are not comparable are left as they are: make them comparable, or
 * records. Of a record, {@code equals} and {@code hashCode} must be those that the compiler made; one that declares them (not
 * {@code final}, as theirs are) or whose components cannot be read, is left as it is.
 *
 * <p>Immutable, if the key is; safe to use from any thread.
 */
public final class MapKey implements Comparable<MapKey> {
    private static final long PRIME = (1L << 61) - 1;
    private static final int DEEPEST = 16;
    private static final long POINT;
    private static final long SALT;

    static {
        SecureRandom random = new SecureRandom();
        POINT = random.nextLong(1L << 32, PRIME);
        SALT = random.nextLong(1, PRIME);
    }

    private static final ClassValue<MethodHandle[]> COMPONENTS = new ClassValue<>() {
        @Override
        protected MethodHandle[] computeValue(Class<?> type) {
            return components(type);
        }
    };

    private static final MethodHandle[] NONE = {};

    private final Object key;
    private final long hash;

    private MapKey(Object key) {
        this.key = key;
        this.hash = hash(key);
    }

    /**
     * A key that is equal to others as this one is.
     *
     * @param key a key
     * @return the key itself, or a wrapper; never equal to a key of another kind
     */
    public static Object of(Object key) {
        return !(Require.nonNull(key, "key") instanceof Comparable) && isMadeOfParts(key) ? new MapKey(key) : key;
    }

    private static boolean isMadeOfParts(Object key) {
        return key instanceof List
                || key instanceof Set
                || key instanceof Map
                || key instanceof Map.Entry
                || key instanceof Optional
                || (key instanceof Record && COMPONENTS.get(key.getClass()).length > 0);
    }

    /**
     * A hash that only this JVM knows.
     *
     * @param key a key, or what {@link #of} gave for it: both have the same
     * @return equal for equal keys; not negative, less than 2^61
     */
    public static long hash(Object key) {
        return key instanceof MapKey known ? known.hash : mixed(SALT, hash(key, 0));
    }

    /** One more number of a sequence: sum * point + number, modulo the prime. */
    private static long mixed(long sum, long number) {
        // Of numbers of 64 bits that differ only by the prime, the upper bits tell.
        return step(step(sum, number & ((1L << 32) - 1)), number >>> 32);
    }

    private static long step(long sum, long number) {
        long high = Math.multiplyHigh(sum, POINT);
        long low = sum * POINT;
        long product = (low & PRIME) + ((high << 3) | (low >>> 61));
        long next = (product & PRIME) + (product >>> 61) + number;
        return next >= PRIME ? next - PRIME : next;
    }

    private static long hash(@Nullable Object part, int depth) {
        if (part instanceof String text) {
            long sum = step(SALT, text.length());
            for (int i = 0; i < text.length(); i++) {
                sum = step(sum, text.charAt(i));
            }
            return sum;
        }
        if (part instanceof Long number) {
            return number;
        }
        if (part instanceof Double number) {
            return Double.doubleToLongBits(number);
        }
        if (part instanceof UUID id) {
            return mixed(mixed(SALT, id.getMostSignificantBits()), id.getLeastSignificantBits());
        }
        return part == null || depth == DEEPEST || !isMadeOfParts(part)
                ? Integer.toUnsignedLong(plain(part))
                : ofParts(part, depth + 1);
    }

    private static int plain(@Nullable Object part) {
        return part == null ? 0 : part.hashCode();
    }

    private static long ofParts(Object whole, int depth) {
        long sum = SALT;
        if (whole instanceof List<?> list) {
            for (Object part : list) {
                sum = mixed(sum, hash(part, depth));
            }
        } else if (whole instanceof Set<?> set) {
            // In any order.
            for (Object part : set) {
                sum += mixed(SALT, hash(part, depth));
            }
        } else if (whole instanceof Map<?, ?> map) {
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                sum += ofEntry(entry, depth);
            }
        } else if (whole instanceof Map.Entry<?, ?> entry) {
            sum = ofEntry(entry, depth);
        } else if (whole instanceof Optional<?> maybe) {
            sum = mixed(sum, hash(maybe.orElse(null), depth));
        } else {
            for (MethodHandle component : COMPONENTS.get(whole.getClass())) {
                sum = mixed(sum, hash(read(component, whole), depth));
            }
        }
        return sum;
    }

    private static long ofEntry(Map.Entry<?, ?> entry, int depth) {
        return mixed(mixed(SALT, hash(entry.getKey(), depth)), hash(entry.getValue(), depth));
    }

    private static @Nullable Object read(MethodHandle component, Object of) {
        try {
            return (Object) component.invokeExact(of);
        } catch (Throwable thrown) {
            throw Failures.<RuntimeException>asThrown(thrown);
        }
    }

    /** How to read a record's components; none if it is not to be taken apart. */
    private static MethodHandle[] components(Class<?> type) {
        try {
            if (!type.isRecord()
                    || !Modifier.isFinal(
                            type.getDeclaredMethod("equals", Object.class).getModifiers())
                    || !Modifier.isFinal(type.getDeclaredMethod("hashCode").getModifiers())) {
                return NONE;
            }
            RecordComponent[] components = type.getRecordComponents();
            MethodHandle[] handles = new MethodHandle[components.length];
            for (int i = 0; i < components.length; i++) {
                // The field, as equals does: an accessor may give a copy.
                Field field = type.getDeclaredField(components[i].getName());
                field.setAccessible(true);
                handles[i] = MethodHandles.lookup()
                        .unreflectGetter(field)
                        .asType(MethodType.methodType(Object.class, Object.class));
            }
            return handles;
        } catch (ReflectiveOperationException | RuntimeException unreadable) {
            return NONE;
        }
    }

    @Override
    public int compareTo(MapKey other) {
        return Long.compare(hash, other.hash);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(hash);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof MapKey that && hash == that.hash && key.equals(that.key);
    }

    @Override
    public String toString() {
        return key.toString();
    }
}
