import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { callMethod } from '../../client/call-method.js';
import { CommandFailure } from '../report-failure.js';
import { messageOf } from '../../../core/errors.js';
import { printJson } from '../output/print.js';
import { command } from '../../../host/config/command.js';
import { decimal } from '../option-types.js';
import { SERVER_ADDRESS, withAddress } from '../shared-options.js';
import type { AddressOptions } from '../shared-options.js';

/** `maxmargin call METHOD JSON`: any method of the contract, of health or of reflection, in protobuf's JSON. */
export function callCommand(): Command {
  return withAddress(
    command('call', 'Call any gRPC method with a JSON request, and print each answer as JSON'),
    SERVER_ADDRESS,
  )
    .argument('<method>', 'package.Service/Method')
    .argument('[request]', 'the request; an array of requests where the method takes a stream; - reads stdin', '{}')
    .option('--deadline-ms <ms>', 'how long the call may take', decimal(1))
    .option('--json', 'print the result as JSON (it always is)')
    .option('--verbose', 'tell more when something fails')
    .addHelpText(
      'after',
      `\nExample:\n  maxmargin call maxmargin.v1.RobustnessService/ListModels '{}' --address ${SERVER_ADDRESS}`,
    )
    .action(async (method: string, request: string, options: AddressOptions & { deadlineMs?: number }) => {
      const json = request === '-' ? await text(process.stdin) : request;
      const answers = callMethod(options.address, method, parse(json), { deadlineMs: options.deadlineMs });
      for await (const answer of answers) printJson(answer);
    });
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch (error) {
    throw new CommandFailure(`request: expected JSON, got ${JSON.stringify(json)}: ${messageOf(error)}`);
  }
}
