import { readSurvey, type SurveyOptions } from '../../inspect/survey.ts';
import { firstPoint } from '../../survey/proposal.ts';
import { surveyOf } from '../../survey/survey.ts';
import { writeData } from '../data.ts';
import { exitFor, painter, writeProblems, type ExitCode, type Io } from '../io.ts';
import { surveyText } from './text.ts';

/** What leaves a cluster today as far as its objects tell, and the first enforcement point for it. Reads only. */
export async function survey(
  options: SurveyOptions & { readonly output: 'text' | 'json' | 'yaml' },
  io: Io,
): Promise<ExitCode> {
  const { input, problems } = await readSurvey(options, io);
  writeProblems(problems, io);
  const surveyed = surveyOf(input);
  const point = firstPoint(surveyed);
  if (options.output === 'json') writeData(surveyed, 'json', io);
  else if (options.output === 'yaml') io.out.write(point);
  else io.out.write(surveyText(surveyed, point, painter(io.out, io.environment)));
  return exitFor(problems);
}
