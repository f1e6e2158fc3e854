# Draws training error over epochs as SVG, from lines "NET RATE EPOCHS_TO_25 EPOCH ERROR" that come
# net by net.

function x(epoch) { return left + epoch / longest * width }
function y(error) { return top + (1 - error / highest) * height }

function line(x1, y1, x2, y2, style) {
  printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x1, y1, x2, y2, style
}
function text(atX, atY, anchor, words) {
  printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", atX, atY, anchor, words
}

function drawAxes(    error, epoch, step) {
  for (error = 0; error <= highest + 0.01; error += 0.25) {
    line(left, y(error), left + width, y(error), "stroke=\"" (error == 0.25 ? "#888" : "#ddd") "\"")
    text(left - 8, y(error) + 4, "end", error * 100 " %")
  }
  step = longest > 20 ? 10 : longest > 8 ? 2 : 1
  for (epoch = 0; epoch <= longest; epoch += step) {
    line(x(epoch), y(0), x(epoch), y(0) + 5, "stroke=\"#888\"")
    text(x(epoch), y(0) + 20, "middle", epoch)
  }
  text(left + width / 2, y(0) + 40, "middle", "epochs")
  text(left, top - 12, "start", "training error on CIFAR-10")
}

function drawCurve(net,    style) {
  style = "fill=\"none\" stroke-width=\"2\" stroke=\"" colours[net] "\""
  style = style " stroke-dasharray=\"" dashes[net] "\""
  printf "<polyline points=\"%s\" %s/>\n", points[net], style
  line(left + width - 270, top + 20 * net, left + width - 235, top + 20 * net, style)
  text(left + width - 228, top + 20 * net + 4, "start", labels[net])
}

BEGIN {
  left = 60; top = 40; width = 560; height = 340; highest = 1
  split("#0060a8 #c04000 #606060", colours, " ")
  split("none;7 4;2 3", dashes, ";")
}

{ names[NR] = $1; epochs[NR] = $4; errors[NR] = $5; longest = $4 > longest ? $4 : longest }
$1 != previous {
  previous = $1
  labels[++nets] = $1 ", rate " $2 ($3 == "never" ? "" : ", 25 % after " $3 " epochs")
}

END {
  for (i = 1; i <= NR; ++i) {
    net += names[i] != names[i - 1]
    points[net] = points[net] sprintf("%.1f,%.1f ", x(epochs[i]), y(errors[i]))
  }
  printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 440\" "
  print "font-family=\"sans-serif\" font-size=\"12\">"
  print "<rect width=\"640\" height=\"440\" fill=\"white\"/>"
  drawAxes()
  for (net = 1; net <= nets; ++net)
    drawCurve(net)
  print "</svg>"
}
