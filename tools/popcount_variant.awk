# A counting module in Verilog, for tools/popcount_table.sh:
#   awk -v module=NAME -v bits=100 -v variant=VARIANT -f tools/popcount_variant.awk
# VARIANT
#   plus   the bits added with +, for the synthesis tool to find a tree
#   rows   6:3 counters of LUTs until two bits of each weight are left, then one + (a carry chain)
#   chain  6:3 counters and (5,0,6;5) counters whose carries run in a carry chain, then one +
# chain: five bits of a weight, y of them set, and a carry-in c make y + c = O + 2 (carry + r) with r in 0..2
# a function of the five alone. One position of the chain adds y's parity, the next adds r, so five inputs
# and a carry take two LUTs of two outputs each; two such pairs in a row are the (5,0,6;5) counter.
function take(w) { return item[w, first[w]++] }
function put(w, name) { item[w, last[w]++] = name; if (w > top) top = w }
function height(w) { return last[w] - first[w] }

function list(w, k,    i, text) { # k bits of weight w, the last taken first in the concatenation
    text = take(w)
    for (i = 1; i < k; i++) text = take(w) ", " text
    return "{" text "}"
}

function lut_counter(w, k,    size, b) {
    size = k > 3 ? 3 : 2
    printf "    wire [%d:0] sum%d;\n", size - 1, made
    printf "    bit_counter #(.LOW(%d), .HIGH(0), .BITS(%d)) u_counter%d (.in(%s), .sum(sum%d));\n",
        k, size, made, list(w, k), made
    for (b = 0; b < size; b++) put(w + b, sprintf("sum%d[%d]", made, b))
    made++
}

function chain_counter(w, pairs,    p, size, b, text) {
    size = 2 * pairs + 1
    printf "    wire [%d:0] sum%d;\n", size - 1, made
    printf "    %s_chain #(.PAIRS(%d)) u_counter%d (\n        .carry(%s), .in(", module, pairs, made, take(w)
    text = list(w, 5)
    for (p = 1; p < pairs; p++) text = list(w + 2, 5) ", " text
    printf "{%s}), .sum(sum%d));\n", text, made
    for (b = 0; b < size; b++) put(w + b, sprintf("sum%d[%d]", made, b))
    made++
}

function compress(w) {
    while (height(w) > 2) {
        if (variant == "chain" && height(w) >= 6) chain_counter(w, height(w + 2) >= 5 ? 2 : 1)
        else lut_counter(w, height(w) < 4 ? 3 : height(w) > 6 ? 6 : height(w) - 1)
    }
}

function row(    w, text) {
    for (w = width - 1; w >= 0; w--) text = text (text == "" ? "" : ", ") (height(w) > 0 ? take(w) : "1'b0")
    return "{" text "}"
}

BEGIN {
    for (width = 1; 2 ^ width <= bits;) width++
    print "`default_nettype none"
    printf "module %s (\n    input  wire [%d:0] in_bits,\n    output wire [%d:0] out_sum\n);\n", module, bits - 1, width - 1
    if (variant == "plus") {
        printf "    assign out_sum = "
        for (i = 0; i < bits; i++) printf "%sin_bits[%d]", i ? " + " : "", i
        print ";"
    } else {
        for (i = 0; i < bits; i++) put(0, sprintf("in_bits[%d]", i))
        for (w = 0; w <= top; w++) compress(w)
        a = row()
        printf "    assign out_sum = %s + %s;\n", a, row()
    }
    print "endmodule"
    if (variant == "chain") {
        printf "module %s_chain #(parameter integer PAIRS = 1) (\n", module
        print "    input  wire carry, input wire [5*PAIRS-1:0] in, output wire [2*PAIRS:0] sum\n);"
        print "    wire [2*PAIRS-1:0] propagate, generated;"
        print "    genvar p;"
        print "    generate for (p = 0; p < PAIRS; p = p + 1) begin : g_pair"
        print "        wire [4:0] x = in[5*p+:5];"
        print "        wire [2:0] y = {2'd0, x[0]} + {2'd0, x[1]} + {2'd0, x[2]} + {2'd0, x[3]} + {2'd0, x[4]};"
        print "        wire [1:0] r = y[2:1] - {1'b0, ~y[0] & x[4]};"
        print "        assign propagate[2*p] = y[0];"
        print "        assign generated[2*p] = x[4];"
        print "        assign propagate[2*p+1] = r[0];"
        print "        assign generated[2*p+1] = r[1];"
        print "    end endgenerate"
        print "    // Where nothing is propagated the carry is `generated`: a + b with a = generated. Yosys maps no"
        print "    // chain of less than three positions; an empty third one costs no LUT."
        print "    localparam W = PAIRS == 1 ? 3 : 2 * PAIRS;"
        print "    wire [W-1:0] a = generated, p_a = propagate ^ generated, y, carries, unused;"
        print "    \\$alu #(.A_SIGNED(0), .B_SIGNED(0), .A_WIDTH(W), .B_WIDTH(W), .Y_WIDTH(W)) alu ("
        print "        .A(a), .B(p_a), .CI(carry), .BI(1'b0), .X(unused), .Y(y), .CO(carries));"
        print "    assign sum = {carries[W-1], y};"
        print "endmodule"
    }
    print "`default_nettype wire"
}
