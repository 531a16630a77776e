/* `bailiwick check`: what it says of a script, and of lines of JSON. */
#include "server/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char output[4096];

static int check(const char *text, bool jsonl) {
    char path[] = "check-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), strlen(text));
    close(descriptor);
    FILE *out = fmemopen(output, sizeof output, "w");
    assert_non_null(out);
    int status = check_file(path, jsonl, out, stderr);
    fclose(out);
    unlink(path);
    /* the file's name differs from run to run */
    for (char *found; (found = strstr(output, path)) != NULL;) memmove(found, "check-XXXXXX", strlen(path));
    return status;
}

static void test_fine(void **state) {
    (void)state;
    assert_int_equal(check("SELECT 1;\nDEFINE NAMESPACE a;\n", false), 0);
    assert_string_equal(output, "");
    assert_int_equal(check("", false), 0);
}

static void test_first_error_of_each_statement(void **state) {
    (void)state;
    assert_int_equal(check("SELECT 1;\nSELECT FROM FROM;\nSELECT 2;\n  foo bar;\nSELECT 'é' 3", false), 1);
    assert_non_null(strstr(output, "check-XXXXXX:2:8: unexpected \"FROM\""));
    assert_non_null(strstr(output, "check-XXXXXX:4:3: unexpected \"foo\""));
    assert_non_null(strstr(output, "check-XXXXXX:5:12: unexpected \"3\""));
    int lines = 0;
    for (const char *c = output; *c; c++) lines += *c == '\n';
    assert_int_equal(lines, 3);
}

static void test_trigger_is_one_statement(void **state) {
    (void)state;
    assert_int_equal(
        check("CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; SELECT 2 3 4; SELECT 5; END;\nSELECT 6;", false), 1);
    assert_ptr_equal(strchr(output, '\n'), output + strlen(output) - 1);
}

static void test_end_of_text(void **state) {
    (void)state;
    assert_int_equal(check("SELECT 1;\nSELECT (", false), 1);
    assert_non_null(strstr(output, "check-XXXXXX:2:9: unexpected end"));
}

static void test_lines(void **state) {
    (void)state;
    assert_int_equal(check("\"SELECT 1\"\n\"SELECT 1; SELECT\\n 2 3\"\n\"\"\n", true), 1);
    assert_non_null(strstr(output, "ok\nerror 2:4 unexpected \"3\""));
    assert_string_equal(output + strlen(output) - 4, "\nok\n");
    assert_int_equal(check("\"SELECT 1\"", true), 0);
    assert_string_equal(output, "ok\n");
}

static void test_a_message_is_one_line(void **state) {
    (void)state;
    assert_int_equal(check("\"SELECT 'a\\n\\nb\"\n", true), 1);
    assert_ptr_equal(strchr(output, '\n'), output + strlen(output) - 1);
}

static void test_lines_that_are_no_string(void **state) {
    (void)state;
    assert_int_equal(check("1\n\"\\u0000\"\n{\n\n\"SELECT 1\"\n", true), 1);
    int errors = 0;
    for (const char *c = output; (c = strstr(c, "error 1:")) != NULL; c++) errors++;
    assert_int_equal(errors, 4);
    assert_string_equal(output + strlen(output) - 4, "\nok\n");
}

static void test_no_such_file(void **state) {
    (void)state;
    FILE *nowhere = fopen("/dev/null", "w");
    assert_non_null(nowhere);
    assert_int_equal(check_file("no/such/file.sql", false, nowhere, nowhere), 1);
    fclose(nowhere);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fine),
        cmocka_unit_test(test_first_error_of_each_statement),
        cmocka_unit_test(test_trigger_is_one_statement),
        cmocka_unit_test(test_end_of_text),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_a_message_is_one_line),
        cmocka_unit_test(test_lines_that_are_no_string),
        cmocka_unit_test(test_no_such_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
