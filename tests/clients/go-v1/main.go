// A job worker with the AWS SDK for Go v1: works through the session that ../README.md describes.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/awserr"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/private/protocol/json/jsonutil"
	"github.com/aws/aws-sdk-go/service/codepipeline"
)

const unknownJob = "00000000-0000-4000-8000-000000000000"

var clientTokens = map[string]string{
	"11111111-2222-4333-8444-555555555555": "FAKE-token-of-the-first-client",
	"66666666-7777-4888-8999-000000000000": "FAKE-token-of-the-second-client",
}

type worker struct {
	client *codepipeline.CodePipeline
}

func main() {
	log.SetFlags(0)
	settings, err := session.NewSession()
	if err != nil {
		log.Fatal(err)
	}
	// Version 1 reads no endpoint variable, so the code hands it over. Empty, it is the service's own endpoint.
	w := worker{client: codepipeline.New(settings, &aws.Config{
		Endpoint: aws.String(os.Getenv("AWS_ENDPOINT_URL_CODEPIPELINE")),
	})}
	switch {
	case slices.Contains(os.Args[1:], "miss"):
		err = w.miss()
	case slices.Contains(os.Args[1:], "poll"):
		err = w.takeJobs()
	default:
		err = w.session()
	}
	if err != nil {
		log.Fatal(err)
	}
}

func (w worker) session() error {
	for _, part := range []func() error{w.build, w.test, w.deploy, w.thirdParty} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// done prints what a call returned, in the API's own names.
func done[T any](step string, result *T, err error) (*T, error) {
	if err != nil {
		return nil, fmt.Errorf("%s: %w", step, err)
	}
	text, err := jsonutil.BuildJSON(result)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", step, err)
	}
	return result, printLine(map[string]any{"step": step, "result": json.RawMessage(text)})
}

func printError(step string, err awserr.Error) error {
	failure := map[string]string{"code": err.Code(), "message": err.Message()}
	return printLine(map[string]any{"step": step, "error": failure})
}

func printLine(line map[string]any) error {
	return json.NewEncoder(os.Stdout).Encode(line)
}

// refused prints the error of a call that has to end in one with this code; without a code, in any that the service
// answered.
func refused(step, code string, err error) error {
	var refusal awserr.RequestFailure
	if !errors.As(err, &refusal) || code != "" && refusal.Code() != code {
		return fmt.Errorf("%s: not refused as expected: %w", step, err)
	}
	return printError(step, refusal)
}

func actionType(category, owner, provider string) *codepipeline.ActionTypeId {
	return &codepipeline.ActionTypeId{
		Category: aws.String(category), Owner: aws.String(owner), Provider: aws.String(provider), Version: aws.String("1"),
	}
}

func (w worker) poll(step, category, provider string, query map[string]*string) ([]*codepipeline.Job, error) {
	answer, err := w.client.PollForJobs(&codepipeline.PollForJobsInput{
		ActionTypeId: actionType(category, codepipeline.ActionOwnerCustom, provider),
		MaxBatchSize: aws.Int64(1),
		QueryParam:   query,
	})
	if answer, err = done(step, answer, err); err != nil {
		return nil, err
	}
	return answer.Jobs, nil
}

// take polls for a job, which has to be there, and acknowledges it.
func (w worker) take(poll, acknowledge, category, provider string) (*string, error) {
	jobs, err := w.poll(poll, category, provider, nil)
	if err != nil {
		return nil, err
	}
	if len(jobs) == 0 {
		return nil, fmt.Errorf("%s: no job", poll)
	}
	return jobs[0].Id, w.acknowledge(acknowledge, jobs[0])
}

func (w worker) acknowledge(step string, job *codepipeline.Job) error {
	answer, err := w.client.AcknowledgeJob(&codepipeline.AcknowledgeJobInput{JobId: job.Id, Nonce: job.Nonce})
	if answer, err = done(step, answer, err); err != nil {
		return err
	}
	if aws.StringValue(answer.Status) != codepipeline.JobStatusInProgress {
		return fmt.Errorf("%s: the job is someone else's", step)
	}
	return nil
}

func (w worker) build() error {
	query := map[string]*string{"ProjectName": aws.String("Example_Project-1")}
	jobs, err := w.poll("build-poll", codepipeline.ActionCategoryBuild, "ExampleBuilder", query)
	if err != nil {
		return err
	}
	if len(jobs) == 0 {
		return errors.New("build-poll: no job")
	}
	job := jobs[0]
	_, err = w.client.AcknowledgeJob(&codepipeline.AcknowledgeJobInput{JobId: job.Id, Nonce: aws.String("not-the-nonce")})
	if err = refused("build-wrong-nonce", codepipeline.ErrCodeInvalidNonceException, err); err != nil {
		return err
	}
	if err = w.acknowledge("build-acknowledge", job); err != nil {
		return err
	}
	_, err = w.client.AcknowledgeJob(&codepipeline.AcknowledgeJobInput{JobId: job.Id, Nonce: job.Nonce})
	if err = refused("build-acknowledge-again", codepipeline.ErrCodeInvalidNonceException, err); err != nil {
		return err
	}
	details, err := w.client.GetJobDetails(&codepipeline.GetJobDetailsInput{JobId: job.Id})
	if _, err = done("build-details", details, err); err != nil {
		return err
	}
	_, err = w.client.AcknowledgeJob(&codepipeline.AcknowledgeJobInput{JobId: aws.String(unknownJob), Nonce: aws.String("1")})
	if err = refused("unknown-job", codepipeline.ErrCodeJobNotFoundException, err); err != nil {
		return err
	}
	success, err := w.client.PutJobSuccessResult(&codepipeline.PutJobSuccessResultInput{
		JobId: job.Id,
		CurrentRevision: &codepipeline.CurrentRevision{
			Revision:         aws.String("c0ffee"),
			ChangeIdentifier: aws.String("change-42"),
			Created:          aws.Time(time.UnixMilli(1433961000500)),
			RevisionSummary:  aws.String("Größer, schöner, 速い"),
		},
		ExecutionDetails: &codepipeline.ExecutionDetails{
			Summary:             aws.String("Built ✓"),
			ExternalExecutionId: aws.String("build-17"),
			PercentComplete:     aws.Int64(100),
		},
		OutputVariables: aws.StringMap(map[string]string{
			"ImageTag": "v1.2.3", "ImageDigest": "sha256:abc", "Stage": "grün",
		}),
	})
	if _, err = done("build-success", success, err); err != nil {
		return err
	}
	_, err = w.poll("build-poll-empty", codepipeline.ActionCategoryBuild, "ExampleBuilder", query)
	return err
}

func (w worker) test() error {
	job, err := w.take("test-poll", "test-acknowledge", codepipeline.ActionCategoryTest, "ExampleTester")
	if err != nil {
		return err
	}
	failure, err := w.client.PutJobFailureResult(&codepipeline.PutJobFailureResultInput{
		JobId: job,
		FailureDetails: &codepipeline.FailureDetails{
			Type:                aws.String(codepipeline.FailureTypeJobFailed),
			Message:             aws.String("Prüfung „Öl“ fehlgeschlagen:\n\t3 of 7 \"cases\" < 100 % & C:\\tmp\\ログ 💥"),
			ExternalExecutionId: aws.String("test-18"),
		},
	})
	_, err = done("test-failure", failure, err)
	return err
}

func (w worker) deploy() error {
	job, err := w.take("deploy-poll", "deploy-acknowledge", codepipeline.ActionCategoryDeploy, "ExampleDeployer")
	if err != nil {
		return err
	}
	half, err := w.client.PutJobSuccessResult(&codepipeline.PutJobSuccessResultInput{
		JobId:             job,
		ContinuationToken: aws.String("wave-2-of-2"),
		ExecutionDetails: &codepipeline.ExecutionDetails{
			Summary:         aws.String("Half of the fleet"),
			PercentComplete: aws.Int64(50),
		},
	})
	if _, err = done("deploy-continue", half, err); err != nil {
		return err
	}
	job, err = w.take(
		"deploy-poll-continued", "deploy-acknowledge-continued", codepipeline.ActionCategoryDeploy, "ExampleDeployer",
	)
	if err != nil {
		return err
	}
	whole, err := w.client.PutJobSuccessResult(&codepipeline.PutJobSuccessResultInput{JobId: job})
	_, err = done("deploy-success", whole, err)
	return err
}

func (w worker) thirdParty() error {
	answer, err := w.client.PollForThirdPartyJobs(&codepipeline.PollForThirdPartyJobsInput{
		ActionTypeId: actionType(codepipeline.ActionCategoryTest, codepipeline.ActionOwnerThirdParty, "ExamplePartner"),
		MaxBatchSize: aws.Int64(2),
	})
	if answer, err = done("partner-poll", answer, err); err != nil {
		return err
	}
	if len(answer.Jobs) != 2 {
		return fmt.Errorf("partner-poll: %d jobs", len(answer.Jobs))
	}
	first, second := answer.Jobs[0], answer.Jobs[1]
	_, err = w.client.GetThirdPartyJobDetails(&codepipeline.GetThirdPartyJobDetailsInput{
		JobId: first.JobId, ClientToken: aws.String("not-the-token"),
	})
	if err = refused("partner-wrong-token", codepipeline.ErrCodeInvalidClientTokenException, err); err != nil {
		return err
	}
	token, err := w.partnerTake("partner-first", first)
	if err != nil {
		return err
	}
	success, err := w.client.PutThirdPartyJobSuccessResult(&codepipeline.PutThirdPartyJobSuccessResultInput{
		JobId:       first.JobId,
		ClientToken: token,
		ExecutionDetails: &codepipeline.ExecutionDetails{
			Summary: aws.String("Scanned"), PercentComplete: aws.Int64(100),
		},
	})
	if _, err = done("partner-first-success", success, err); err != nil {
		return err
	}
	if token, err = w.partnerTake("partner-second", second); err != nil {
		return err
	}
	failure, err := w.client.PutThirdPartyJobFailureResult(&codepipeline.PutThirdPartyJobFailureResultInput{
		JobId:       second.JobId,
		ClientToken: token,
		FailureDetails: &codepipeline.FailureDetails{
			Type:    aws.String(codepipeline.FailureTypeConfigurationError),
			Message: aws.String("kein Prüfplan"),
		},
	})
	_, err = done("partner-second-failure", failure, err)
	return err
}

// partnerTake reads a job's details and acknowledges it; gives the token that goes with the job.
func (w worker) partnerTake(step string, job *codepipeline.ThirdPartyJob) (*string, error) {
	token := aws.String(clientTokens[aws.StringValue(job.ClientId)])
	answer, err := w.client.GetThirdPartyJobDetails(&codepipeline.GetThirdPartyJobDetailsInput{
		JobId: job.JobId, ClientToken: token,
	})
	if answer, err = done(step+"-details", answer, err); err != nil {
		return nil, err
	}
	status, err := w.client.AcknowledgeThirdPartyJob(&codepipeline.AcknowledgeThirdPartyJobInput{
		JobId: job.JobId, ClientToken: token, Nonce: answer.JobDetails.Nonce,
	})
	_, err = done(step+"-acknowledge", status, err)
	return token, err
}

// miss makes a call that is on no tape: how pipetape's answer reaches the user.
func (w worker) miss() error {
	_, err := w.client.AcknowledgeJob(&codepipeline.AcknowledgeJobInput{
		JobId: aws.String("5f8c1d2e-0001-4b7a-9c3d-0a1b2c3d4e5f"), Nonce: aws.String("never-recorded"),
	})
	return refused("miss", "", err)
}
