// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

/** A report as JSON (RFC 8259), in ASCII. */
final class Json {
    private Json() {}

    static String of(HealthReport report) {
        StringBuilder out =
                new StringBuilder("{\"status\":\"").append(report.state()).append("\",\"checks\":[");
        String separator = "";
        for (HealthReport.Part part : report.parts()) {
            out.append(separator).append("{\"name\":");
            text(out, part.name());
            out.append(",\"status\":\"").append(part.state()).append("\",\"reason\":");
            text(out, part.reason());
            out.append(",\"decides\":").append(part.decides()).append('}');
            separator = ",";
        }
        return out.append("]}").toString();
    }

    private static void text(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ' || c > '~' || c == '<' || c == '>' || c == '&') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
