import {parse, View} from "vega";
import {compile} from "vega-lite";
import {expressionInterpreter} from "vega-interpreter";
/** Draws a Vega-Lite specification as SVG without evaluating text as code; returns when it is drawn. */
export function draw(element, specification, config) {
  const {spec} = compile(specification, {config});
  const runtime = parse(spec, null, {ast: true});
  return new View(runtime, {expr: expressionInterpreter, renderer: "svg", container: element, hover: true, loader: {load: () => Promise.reject(new Error("nothing is loaded")), sanitize: () => Promise.reject(new Error("nothing is loaded"))}}).runAsync();
}
