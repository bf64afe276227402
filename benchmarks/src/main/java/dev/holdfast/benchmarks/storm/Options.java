// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Collectors;

/** What is asked for on the command line. */
final class Options {
    static final String USAGE = """
            -Dstorm.args="..." takes
              --contenders WORDS   beginnings of their ids, such as no-policy,holdfast; default: all
              --scenarios NAMES    of stall, brownout and healthy; default: all
              --clients NUMBERS    how many clients, such as 1,40,200; default: 1,40
              --before SECONDS     before the fault; default: 5
              --fault SECONDS      of the fault; default: 5 of a stall, 10 of a brownout
              --after SECONDS      after the fault, from 5 up; default: 35
              --healthy SECONDS    of the healthy scenario; default: 20
              --workers NUMBER     of the server; default: 8
              --service MILLIS     that a worker takes; default: 20
              --factor NUMBER      how many times as much it takes in a brownout; default: 4
              --rate NUMBER        calls a second, of all clients together; default: 280
              --timeout MILLIS     of a request; default: 500
              --seed NUMBER        of the schedule; default: 1
              --tries NUMBER       of a case, until the machine does not disturb it; default: 3
              --write              writes docs/effectiveness.md and its chart
              --list               lists the contenders and does nothing else
            A case takes as long as its seconds, and about six more; each contender goes through each case.
            """;

    private List<Contender> contenders = Contenders.all();
    private List<Scenario> scenarios = List.of(Scenario.values());
    private List<Integer> clients = List.of(1, 40);
    private int before = 5;
    private int fault = -1;
    private int after = 35;
    private int healthy = 20;
    private int workers = 8;
    private int service = 20;
    private int factor = 4;
    private int rate = 280;
    private int timeout = 500;
    private long seed = 1;
    private int tries = 3;
    private boolean write;
    private boolean list;

    private Options() {}

    /**
     * Reads them.
     *
     * @throws IllegalArgumentException if there is something wrong with them
     */
    static Options parse(List<String> words) {
        Options options = new Options();
        Iterator<String> left = words.iterator();
        while (left.hasNext()) {
            String word = left.next();
            switch (word) {
                case "--write" -> options.write = true;
                case "--list" -> options.list = true;
                default -> {
                    if (!left.hasNext()) {
                        throw new IllegalArgumentException(word + " (expected: an option with its value)\n" + USAGE);
                    }
                    options.set(word, left.next());
                }
            }
        }
        return options;
    }

    private void set(String name, String value) {
        switch (name) {
            case "--contenders" -> contenders = Contenders.startingWith(words(value));
            case "--scenarios" ->
                scenarios = words(value).stream().map(Scenario::named).collect(Collectors.toList());
            case "--clients" ->
                clients =
                        words(value).stream().map(word -> number(name, word, 1)).collect(Collectors.toList());
            case "--before" -> before = number(name, value, 0);
            case "--fault" -> fault = number(name, value, 1);
            case "--after" -> after = number(name, value, Recovery.IN_A_ROW);
            case "--healthy" -> healthy = number(name, value, Recovery.IN_A_ROW);
            case "--workers" -> workers = number(name, value, 1);
            case "--service" -> service = number(name, value, 1);
            case "--factor" -> factor = number(name, value, 1);
            case "--rate" -> rate = number(name, value, 1);
            case "--timeout" -> timeout = number(name, value, 1);
            case "--seed" -> seed = number(name, value, 0);
            case "--tries" -> tries = number(name, value, 1);
            default -> throw new IllegalArgumentException(name + " is not known\n" + USAGE);
        }
    }

    private static List<String> words(String value) {
        return Arrays.asList(value.split(","));
    }

    private static int number(String name, String value, int min) {
        int number;
        try {
            number = Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: a whole number)", e);
        }
        if (number < min) {
            throw new IllegalArgumentException(name + ": " + number + " (expected: at least " + min + ")");
        }
        return number;
    }

    List<Contender> contenders() {
        return contenders;
    }

    World world() {
        return new World(workers, service, rate, timeout, factor);
    }

    /** Scenario by scenario, each from fewer clients and from more. */
    List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (Scenario scenario : scenarios) {
            for (int count : clients) {
                cases.add(
                        scenario.faultSeconds == 0
                                ? new Case(scenario, count, 0, 0, healthy)
                                : new Case(scenario, count, before, fault < 0 ? scenario.faultSeconds : fault, after));
            }
        }
        return cases;
    }

    long seed() {
        return seed;
    }

    int tries() {
        return tries;
    }

    boolean write() {
        return write;
    }

    boolean list() {
        return list;
    }
}
